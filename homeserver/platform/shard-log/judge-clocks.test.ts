import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeClocks } from './judge-clocks.ts';

const table: { what: string; offsets: number[]; expected: number }[] = [
  { what: 'nobody has said anything: the database is right', offsets: [], expected: 0 },
  { what: 'one process alone does not overrule the database', offsets: [540_000], expected: 0 },
  { what: 'small differences are nobody’s fault', offsets: [3, -4_000, 4_900], expected: 0 },
  { what: 'one of three is wrong', offsets: [1, 540_000, -2], expected: 0 },
  { what: 'two that are wrong in different ways convince nobody', offsets: [540_000, -540_000], expected: 0 },
  { what: 'half of the processes are not enough', offsets: [540_000, 540_001, 0, 1], expected: 0 },
  { what: 'all processes agree: the database is wrong', offsets: [540_000, 540_900, 540_100], expected: 540_100 },
  { what: 'most processes agree: the database is wrong', offsets: [0, -540_000, -540_010], expected: -540_000 },
];

for (const { what, offsets, expected } of table) test(what, () => assert.equal(judgeClocks(offsets), expected));
