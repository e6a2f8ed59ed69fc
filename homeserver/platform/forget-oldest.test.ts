import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetOldest } from './forget-oldest.ts';

function fill(count: number, limit: number) {
  const entries = new Map<number, number>();
  const sizes: number[] = [];
  for (let key = 0; key < count; key++) {
    entries.set(key, key);
    forgetOldest(entries, limit);
    sizes.push(entries.size);
  }
  return { entries, sizes };
}

test('a map keeps its newest entries and never more than the limit', () => {
  const { entries, sizes } = fill(5_000, 1_000);
  assert.equal(Math.max(...sizes), 1_000);
  const kept = [...entries.keys()];
  assert.deepEqual(
    kept,
    kept.map((_, index) => 5_000 - kept.length + index),
  );
  assert.ok(Math.min(...sizes.slice(1_000)) >= 937);
});

test('what a full map forgets makes room for many, so that few additions have to look for the oldest', () => {
  const { sizes } = fill(11_000, 1_000);
  const forgetting = sizes.filter((size, index) => size <= (sizes[index - 1] ?? 0)).length;
  assert.ok(forgetting <= 10_000 / 62 + 1, `${forgetting} of 10,000`);
});

test('a small map forgets one at a time', () => {
  assert.deepEqual([...fill(10, 3).entries.keys()], [7, 8, 9]);
});
