import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entrySizeBytes, type LogEntry } from './log-entry.ts';
import { LogWindow } from './log-window.ts';

function entry(position: number): LogEntry {
  return { kind: 'profile', body: { userId: '@user:test' }, shard: 0, position };
}

function entries(from: number, to: number): LogEntry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));
}

const sizeBytes = entrySizeBytes(entry(1));
const positionsOf = (list: readonly LogEntry[] | undefined) => list?.map(({ position }) => position);

test('gives what follows a position, and nothing at the newest or beyond it', () => {
  const window = new LogWindow(10, 100 * sizeBytes);
  window.add(entries(11, 15));
  assert.deepEqual(positionsOf(window.after(10)), [11, 12, 13, 14, 15]);
  assert.deepEqual(positionsOf(window.after(13)), [14, 15]);
  assert.deepEqual(positionsOf(window.after(15)), []);
  assert.deepEqual(positionsOf(window.after(99)), []);
});

test('says that it does not know what was before its beginning', () => {
  const window = new LogWindow(10, 100 * sizeBytes);
  window.add(entries(11, 12));
  assert.equal(window.after(9), undefined);
});

test('entries that it has are passed over, so that two ways of delivery may overlap', () => {
  const window = new LogWindow(0, 100 * sizeBytes);
  assert.deepEqual(positionsOf(window.add(entries(1, 3))), [1, 2, 3]);
  assert.deepEqual(positionsOf(window.add(entries(2, 5))), [4, 5]);
  assert.deepEqual(positionsOf(window.add(entries(1, 5))), []);
  assert.deepEqual(positionsOf(window.after(0)), [1, 2, 3, 4, 5]);
});

test('a gap is refused, and what was in front of it is kept', () => {
  const window = new LogWindow(0, 100 * sizeBytes);
  assert.throws(() => window.add([entry(1), entry(3)]), /position 3 follows 1/);
  assert.deepEqual(positionsOf(window.after(0)), [1]);
});

test('the oldest entries are forgotten beyond the bound, however many come', () => {
  const window = new LogWindow(0, 10 * sizeBytes);
  for (let position = 1; position <= 5_000; position++) {
    window.add([entry(position)]);
    assert.ok(window.sizeBytes <= 10 * sizeBytes);
  }
  assert.equal(window.oldestPosition, 4_990);
  assert.deepEqual(positionsOf(window.after(4_995)), [4_996, 4_997, 4_998, 4_999, 5_000]);
  assert.equal(window.after(4_989), undefined);
});

test('after a jump it begins anew', () => {
  const window = new LogWindow(0, 10 * sizeBytes);
  window.add(entries(1, 3));
  window.jumpTo(1_000);
  assert.equal(window.sizeBytes, 0);
  assert.equal(window.after(3), undefined);
  window.add([entry(1_001)]);
  assert.deepEqual(positionsOf(window.after(1_000)), [1_001]);
});
