import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRegex } from './measure-regex.ts';

const sizes: readonly (readonly [string, number])[] = [
  ['', 0],
  ['@_irc_.*', 8],
  ['a{3}', 3],
  ['a{2,5}b', 6],
  ['a{7,}', 7],
  ['(ab){10}', 20],
  ['((ab){10}c){10}', 210],
  ['[a-z{9}]{4}', 4],
  ['\\{9}', 3],
  ['\\p{Lu}{5}', 5],
  ['{5}', 0],
  ['(((', 0],
  [')))', 0],
];

for (const [regex, size] of sizes) {
  test(`${JSON.stringify(regex)} stands for ${size} characters`, () => assert.equal(measureRegex(regex), size));
}

test('a repetition of a repetition counts as what both stand for', () => {
  assert.ok(measureRegex('a{100}{100}') >= 10_000);
});
