import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile, summarize } from './summary.ts';

test('percentiles are samples by nearest rank, not between them', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 1), 100);
  assert.equal(percentile(hundred, 0), 1);
  assert.equal(percentile([7], 0.99), 7);
});

test('a summary sorts by number and takes the lower of two middle values', () => {
  const summary = summarize([10, 9, 100, 1]);
  assert.deepEqual(summary, { samples: 4, min: 1, p50: 9, p99: 100, max: 100, mean: 30 });
  assert.equal(median([3, 1, 2]), 2);
});

test('no samples give no figure', () => {
  assert.ok(Number.isNaN(summarize([]).p50));
});
