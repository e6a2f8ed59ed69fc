import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { IrcRefusal } from '../irc-refusal.ts';
import { FloodQueue } from './flood-queue.ts';

test('channels take turns, each keeps its order, and what is too much is refused', () => {
  const written: string[] = [];
  const queue = new FloodQueue(systemClock, { burstLines: 4, lineMs: 3_600_000 }, 6, (line) => written.push(line));
  for (const line of ['a1', 'a2', 'a3', 'a4']) queue.add('#a', line, () => {});
  queue.add('#b', 'b1', () => {});
  queue.add('#c', 'c1', () => {});
  assert.throws(() => queue.add('#c', 'c2', () => {}), IrcRefusal);
  queue.open();
  assert.deepEqual(written, ['a1', 'b1', 'c1', 'a2']);
  assert.equal(queue.length, 2);
  queue.close();
});
