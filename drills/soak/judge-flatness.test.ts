import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlatnessRule, judgeFlatness, type ResourceSample } from './judge-flatness.ts';

const rule: FlatnessRule = { kind: 'memory', factor: 1.2, slack: 10, format: String };

function sampled(name: string, values: readonly (number | undefined)[]): ResourceSample[] {
  return values.map((value, index) => ({
    atMs: index * 1_000,
    values: new Map(value === undefined ? [] : [[name, value]]),
  }));
}

const isFlat = (values: readonly (number | undefined)[]) =>
  judgeFlatness(sampled('memory of one', values), [rule]).map(({ passed }) => passed);

test('what goes up and down and comes back is flat, and what ends higher than the rule allows is not', () => {
  assert.deepEqual(isFlat([100, 110, 105, 300, 290, 280, 120, 125, 130]), [true]);
  assert.deepEqual(isFlat([100, 110, 105, 120, 130, 135, 140, 141, 142]), [false]);
});

test('one high sample in the last third is none of the rule’s business', () => {
  assert.deepEqual(isFlat([100, 100, 100, 100, 100, 100, 100, 900, 100]), [true]);
});

test('what was not seen in one of the thirds is not called flat', () => {
  assert.deepEqual(isFlat([100, 100, 100, 100, undefined, undefined, undefined, undefined, undefined]), [false]);
});

test('each name is judged by the rule of its kind, and what has no rule is not judged', () => {
  const samples = [...sampled('memory of one', [1, 1, 1]), ...sampled('files of one', [1, 1, 1])];
  assert.deepEqual(
    judgeFlatness(samples, [rule]).map(({ what }) => what),
    ['memory of one, first and last third'],
  );
});
