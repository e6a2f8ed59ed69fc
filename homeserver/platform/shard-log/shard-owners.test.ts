import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { ShardOwners } from './shard-owners.ts';

const owner = (name: string) => ({ processId: name, address: `${name}:1` });
/** A clock whose timers never end: what goes on is told. */
const silentClock = { ...systemClock, startTimer: () => ({ cancel() {} }) };

test('those who wait for a shard are told of its new owner, and nobody else is', async () => {
  const owners = new ShardOwners(silentClock);
  let others = 0;
  owners.onChange(1, () => others++);
  const waiting = Promise.all(
    Array.from({ length: 1_000 }, () => owners.waitForChange(0, owners.version(0), 1_000).then(() => owners.get(0))),
  );
  owners.note(0, 1, owner('a'));
  assert.ok((await waiting).every((seen) => seen?.processId === 'a'));
  assert.equal(others, 0);
});

test('seeing the same owner again wakes nobody', () => {
  const owners = new ShardOwners(silentClock);
  owners.note(0, 1, owner('a'));
  let changes = 0;
  owners.onChange(0, () => changes++);
  owners.note(0, 1, owner('a'));
  assert.equal(changes, 0);
  owners.note(0, 1, undefined);
  owners.note(0, 1, undefined);
  assert.equal(changes, 1);
  owners.note(0, 1, { ...owner('a'), address: 'elsewhere:1' });
  assert.equal(changes, 2);
});

test('a change that came before the wait for it is not missed', async () => {
  const owners = new ShardOwners(silentClock);
  const version = owners.version(0);
  owners.note(0, 1, owner('a'));
  await owners.waitForChange(0, version, 1_000);
});

test('a wait ends by itself, and leaves nothing behind', async () => {
  const owners = new ShardOwners(systemClock);
  await owners.waitForChange(0, owners.version(0), 1);
  let changes = 0;
  const stop = owners.onChange(0, () => changes++);
  stop();
  owners.tellChange(0);
  assert.equal(changes, 0);
});

test('what was seen earlier and is told later changes nothing', () => {
  const owners = new ShardOwners(silentClock);
  owners.note(0, 7, owner('a'));
  owners.note(0, 6, owner('b'));
  owners.note(0, 6, undefined);
  assert.deepEqual(owners.get(0), owner('a'));
  owners.note(0, 8, owner('b'));
  assert.deepEqual(owners.get(0), owner('b'));
});
