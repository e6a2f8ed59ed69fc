import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropPastOverrides, judgeOverride, longestOverrideMs, standIn } from './kept-override.ts';
import type { DutyOverride } from './roster.ts';

const atMs = 1_000_000;
const known = { people: ['anna', 'ben'], atMs, count: 0 };
const ben: DutyOverride = { person: 'ben', fromMs: atMs, toMs: atMs + 10 };

const refused: readonly [says: string, changed: Partial<DutyOverride>, count: number, problem: RegExp | undefined][] = [
  ['somebody stands in from now on', {}, 0, undefined],
  ['somebody stands in later', { fromMs: atMs + 5 }, 0, undefined],
  ['somebody has stood in for a while', { fromMs: 0 }, 0, undefined],
  ['nobody is called that', { person: 'eve' }, 0, /nobody is called eve/],
  ['it ends before it begins', { fromMs: atMs + 20 }, 0, /before it begins/],
  ['it is over', { fromMs: 0, toMs: atMs }, 0, /over already/],
  ['it lasts too long', { toMs: atMs + longestOverrideMs + 1 }, 0, /three months/],
  ['there are too many', {}, 100, /100 are planned/],
];
for (const [says, changed, count, problem] of refused) {
  test(`whether somebody may stand in: ${says}`, () => {
    const found = judgeOverride({ ...ben, ...changed }, { ...known, count });
    if (problem) assert.match(found ?? '', problem);
    else assert.equal(found, undefined);
  });
}

test('who stands in is asked first, for as long as it lasts, and of several the last that was planned', () => {
  const order = ['anna', 'ben', 'carl'];
  assert.deepEqual(standIn(order, [ben], atMs), ['ben', 'anna', 'carl']);
  assert.deepEqual(standIn(order, [ben], atMs - 1), order);
  assert.deepEqual(standIn(order, [ben], atMs + 10), order);
  assert.deepEqual(standIn(order, [ben, { ...ben, person: 'carl' }], atMs), ['carl', 'anna', 'ben']);
  assert.deepEqual(standIn([], [ben], atMs), ['ben']);
});

test('what is over is forgotten', () => {
  const kept = { ...ben, id: '1', by: '@admin:test.example' };
  assert.deepEqual(dropPastOverrides([kept], atMs), [kept]);
  assert.deepEqual(dropPastOverrides([kept], atMs + 10), []);
});
