import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseByteRange } from './byte-range.ts';

for (const [header, sizeBytes, expected] of [
  [undefined, 10, undefined],
  ['bytes=0-3', 10, { start: 0, end: 3 }],
  ['bytes=0-0', 10, { start: 0, end: 0 }],
  ['bytes=4-', 10, { start: 4, end: 9 }],
  ['bytes=4-99', 10, { start: 4, end: 9 }],
  ['bytes=-3', 10, { start: 7, end: 9 }],
  ['bytes=-99', 10, { start: 0, end: 9 }],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=5-4', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=0-1,3-4', 10, undefined],
  ['bytes=a-b', 10, undefined],
  ['pages=0-1', 10, undefined],
  ['bytes=99999999999999999999-', 10, undefined],
] as const) {
  test(`${header ?? 'no header'} of ${sizeBytes} bytes gives ${JSON.stringify(expected) ?? 'all'}`, () => {
    assert.deepEqual(parseByteRange(header, sizeBytes), expected);
  });
}
