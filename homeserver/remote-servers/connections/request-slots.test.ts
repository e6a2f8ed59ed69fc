import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { RequestSlots, TooManyWaitingError } from './request-slots.ts';

const limits = { inAll: 4, probes: 2, perServer: 2, waitingPerServer: 3, waitingInAll: 100 };

function setUp() {
  const slots = new RequestSlots(limits);
  const deadline = startDeadline(60_000, 'waiting');
  const started: string[] = [];
  const ask = (server: string, isProbe = false, end = deadline) => {
    const slot = slots.acquire(server, isProbe, end);
    slot.then(
      () => started.push(server),
      () => {},
    );
    return slot;
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { slots, deadline, started, ask, settle };
}

test('each server has its bound and all together have one; whoever waits gets a turn', async () => {
  const { slots, deadline, started, ask, settle } = setUp();
  const first = [ask('a'), ask('a'), ask('a'), ask('b'), ask('b'), ask('c')];
  await settle();
  assert.deepEqual(started, ['a', 'a', 'b', 'b']);
  assert.deepEqual([slots.active, slots.waiting], [4, 2]);
  (await (first[0] as Promise<() => void>))();
  await settle();
  assert.deepEqual(started.slice(4), ['a']);
  (await (first[3] as Promise<() => void>))();
  await settle();
  assert.deepEqual(started.slice(4), ['a', 'c']);
  for (const slot of [first[1], first[2], first[4], first[5]]) (await (slot as Promise<() => void>))();
  assert.deepEqual([slots.active, slots.waiting], [0, 0]);
  deadline.finish();
});

test('servers that hang leave room for those that answer', async () => {
  const { started, ask, settle, deadline } = setUp();
  for (const server of ['x', 'y', 'z']) void ask(server, true);
  void ask('well');
  await settle();
  assert.deepEqual(started, ['x', 'y', 'well']);
  deadline.finish();
});

test('a line that is full is refused, and one that waits too long gives its place up', async () => {
  const { slots, ask, settle, deadline } = setUp();
  const running = [ask('a'), ask('a')];
  const short = startDeadline(0, 'waiting');
  const impatient = ask('a', false, short);
  void ask('a');
  void ask('a');
  await assert.rejects(ask('a'), TooManyWaitingError);
  await assert.rejects(impatient, { name: 'DeadlineExceededError' });
  assert.equal(slots.waiting, 2);
  for (const slot of running) (await slot)();
  await settle();
  assert.deepEqual([slots.active, slots.waiting], [2, 0]);
  deadline.finish();
});
