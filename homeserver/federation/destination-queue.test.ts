import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import type { Context } from '../platform/context.ts';
import { recentPdus } from '../storage/rooms/recent-pdus.ts';
import { DestinationQueue, maxQueuedPdus, type QueueBatch, type QueuedPdu } from './destination-queue.ts';
import { PduTexts } from './pdu-texts.ts';

/** A queue whose events are all in memory; nothing of it looks at a database. */
function makeQueue() {
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const context = { clock, metrics: createMetrics({ processMetrics: false }) } as unknown as Context;
  const queue = new DestinationQueue(context, 'a.test', new PduTexts(context), false);
  const routed = [0, 0];
  const add = (shard: number, position: number): QueuedPdu => {
    const pdu = { shard, position, eventId: `$${shard}-${position}` };
    recentPdus.of(context).add(pdu.eventId, `{"n":${position}}`);
    queue.addPdu(pdu, routed);
    routed[shard] = position;
    return pdu;
  };
  const addEdu = (key: string, text: string, position?: number) => {
    const place = position === undefined ? undefined : { shard: 0, position };
    queue.addEdu({ key, text, place, queuedAtMs: nowMs }, routed);
    if (position !== undefined) routed[0] = position;
  };
  const pass = (durationMs: number) => {
    nowMs += durationMs;
  };
  return { queue, routed, add, addEdu, pass };
}

async function next(queue: DestinationQueue): Promise<QueueBatch> {
  const batch = await queue.nextBatch();
  assert.ok(batch);
  return batch;
}

test('a server has what was routed, up to just before the first event that waits in each log', async () => {
  const { queue, routed, add } = makeQueue();
  routed[0] = 7;
  assert.deepEqual(queue.reached(routed), [7, 0]);
  add(0, 10);
  add(1, 4);
  add(0, 12);
  assert.deepEqual(queue.reached(routed), [9, 3]);
  const batch = await next(queue);
  assert.deepEqual(
    batch.pdus.map(({ eventId }) => eventId),
    ['$0-10', '$1-4', '$0-12'],
  );
  // What comes while it is under way stays.
  add(0, 15);
  assert.equal(batch.acknowledge(), 0);
  assert.deepEqual(queue.reached(routed), [14, 4]);
  assert.deepEqual((await next(queue)).pdus.length, 1);
});

test('a transaction holds at most 50 events, and what failed is the first to go again', async () => {
  const { queue, add } = makeQueue();
  for (let position = 1; position <= 60; position++) add(0, position);
  const first = await next(queue);
  assert.equal(first.pdus.length, 50);
  queue.fail();
  const again = await next(queue);
  assert.deepEqual(again.pdus, first.pdus);
  again.acknowledge();
  assert.equal((await next(queue)).pdus.length, 10);
});

test('a later EDU takes the place of an earlier one, and brief ones are dropped when they are old', async () => {
  const { queue, routed, addEdu, pass } = makeQueue();
  addEdu('typing', '"old"');
  addEdu('receipt', '"first"', 3);
  addEdu('receipt', '"second"', 5);
  assert.deepEqual(queue.reached(routed), [4, 0]);
  pass(60_000);
  addEdu('typing 2', '"new"');
  const batch = await next(queue);
  assert.deepEqual(batch.edus, ['"second"', '"new"']);
  assert.equal(batch.acknowledge(), 0);
  assert.deepEqual(queue.reached(routed), [5, 0]);
  assert.equal(queue.isEmpty, true);
});

test('an EDU that may be lost is not worth saving', async () => {
  const { queue, addEdu } = makeQueue();
  addEdu('typing', '"x"');
  assert.equal((await next(queue)).acknowledge(), undefined);
});

test('when too much waits, the tables keep it from where the server is', async () => {
  const { queue, routed, add } = makeQueue();
  for (let position = 1; position <= maxQueuedPdus; position++) add(0, position);
  const underWay = await next(queue);
  add(0, maxQueuedPdus + 1);
  add(0, maxQueuedPdus + 2);
  assert.equal(queue.isRecovering, true);
  assert.deepEqual(queue.reached(routed), [0, 0]);
  assert.equal(queue.leftAt, undefined);
  underWay.acknowledge();
  assert.deepEqual(queue.leftAt, [50, 0]);
});

test('when too much waits and what is under way fails, that is kept too', async () => {
  const { queue, add } = makeQueue();
  for (let position = 1; position <= maxQueuedPdus; position++) add(0, position);
  await next(queue);
  add(0, maxQueuedPdus + 1);
  queue.fail();
  assert.deepEqual(queue.leftAt, [0, 0]);
});

test('a transaction that is sent in parts is acknowledged in parts', async () => {
  const { queue, routed, add, addEdu } = makeQueue();
  for (let position = 1; position <= 4; position++) add(0, position);
  addEdu('receipt', '"one"', 5);
  addEdu('other receipt', '"two"', 6);
  const batch = await next(queue);
  assert.equal(batch.acknowledge(2), 0);
  assert.deepEqual(queue.reached(routed), [2, 0]);
  assert.equal(batch.acknowledge(5), 0);
  assert.deepEqual(queue.reached(routed), [5, 0]);
  queue.fail();
  const rest = await next(queue);
  assert.deepEqual([rest.pdus, rest.edus], [[], ['"two"']]);
  rest.acknowledge();
  assert.deepEqual([queue.reached(routed), queue.isEmpty], [[6, 0], true]);
});
