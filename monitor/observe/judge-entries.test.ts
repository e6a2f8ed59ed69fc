import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessEntry } from '../observations/process-entry.ts';
import { createBadSince } from './bad-since.ts';
import { judgeEntries } from './judge-entries.ts';

const row = (id: string, seenAgoMs: number, startedAgoMs: number, address = `10.0.0.${id}:8010`): ProcessEntry => {
  return { id, address, seenAgoMs, startedAgoMs, clockOffsetMs: 0 };
};
/** Address and silence after two looks, ten seconds apart. */
function judge(rows: readonly ProcessEntry[], asked: readonly string[] = []): string[] {
  const silence = createBadSince();
  judgeEntries(rows, new Set(asked), { silence, atMs: 0 });
  const found = judgeEntries(rows, new Set(asked), { silence, atMs: 10_000 });
  return found.map(({ name, silentForMs }) => `${name} ${silentForMs}`);
}
const hourMs = 3_600_000;

test('a process that nobody named is seen, and its silence counts from the look at which it shows', () => {
  assert.deepEqual(judge([row('1', 400, hourMs), row('2', 60_000, hourMs)]), [
    '10.0.0.1:8010 0',
    '10.0.0.2:8010 10000',
  ]);
});

test('one that is asked itself is judged by what it answers alone', () => {
  assert.deepEqual(judge([row('1', 400, hourMs), row('2', 60_000, hourMs)], ['2']), ['10.0.0.1:8010 0']);
});

test('a dead one whose place another one has taken is none: at its address, or begun since anywhere', () => {
  const alive = [row('1', 400, hourMs)];
  assert.deepEqual(judge([...alive, row('9', 600_000, hourMs, '10.0.0.1:8010')]), ['10.0.0.1:8010 0']);
  const moved = row('3', 400, 500_000);
  assert.deepEqual(judge([...alive, moved, row('2', 600_000, hourMs)]), ['10.0.0.1:8010 0', '10.0.0.3:8010 0']);
  assert.deepEqual(
    judge([...alive, moved, row('2', 600_000, hourMs), row('4', 550_000, hourMs)]),
    ['10.0.0.1:8010 0', '10.0.0.3:8010 0', '10.0.0.4:8010 10000'],
    'one begins in the place of one only',
  );
  assert.deepEqual(
    judge([...alive, row('2', 600_000, hourMs), row('5', 400, 700_000)]).length,
    3,
    'it was there before',
  );
});

test('entries that are old for a moment, after an outage of the database, are no silence', () => {
  const silence = createBadSince();
  const look = (seenAgoMs: number, atMs: number) =>
    judgeEntries([row('1', seenAgoMs, hourMs)], new Set(), { silence, atMs })[0]?.silentForMs;
  assert.deepEqual([look(30_000, 0), look(200, 5_000), look(30_000, 60_000)], [0, 0, 0]);
});
