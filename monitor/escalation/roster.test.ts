import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Roster, whoIsOnDuty } from './roster.ts';

const berlin: Roster = {
  ...{ timeZone: 'Europe/Berlin', people: ['anna', 'ben', 'cem'], start: '2026-01-05', handOver: '09:00' },
  ...{ everyDays: 7, overrides: [] },
};
const at = (iso: string) => Date.parse(iso);

const table: readonly (readonly [at: string, expected: string, says: string])[] = [
  ['2026-01-05T08:00:00Z', 'anna', 'the first hand-over, 09:00 there'],
  ['2026-01-05T07:59:59Z', 'cem', 'a moment before it'],
  ['2026-01-12T07:59:00Z', 'anna', 'the end of the first week'],
  ['2026-01-12T08:00:00Z', 'ben', 'the second week'],
  ['2026-01-26T08:00:00Z', 'anna', 'around once'],
  // Clocks go forward on 29 March: 09:00 is 07:00 UTC from then on.
  ['2026-03-30T06:59:00Z', 'cem', 'before the hand-over in summer time'],
  ['2026-03-30T07:00:00Z', 'anna', 'at it'],
  ['2025-12-30T12:00:00Z', 'cem', 'before the roster began'],
];

for (const [moment, expected, says] of table) {
  test(`${says}: ${expected} is on duty`, () => assert.equal(whoIsOnDuty(berlin, at(moment))[0], expected));
}

test('hand-overs follow the clocks of their own place', () => {
  const kolkata = { ...berlin, timeZone: 'Asia/Kolkata' };
  assert.equal(whoIsOnDuty(kolkata, at('2026-01-12T03:30:00Z'))[0], 'ben');
  assert.equal(whoIsOnDuty(kolkata, at('2026-01-12T03:29:00Z'))[0], 'anna');
});

test('who stands in comes first, and the others follow in their order', () => {
  const overrides = [{ person: 'cem', fromMs: at('2026-01-06T00:00:00Z'), toMs: at('2026-01-07T00:00:00Z') }];
  const roster = { ...berlin, overrides };
  assert.deepEqual(whoIsOnDuty(roster, at('2026-01-06T12:00:00Z')), ['cem', 'anna', 'ben']);
  assert.deepEqual(whoIsOnDuty(roster, at('2026-01-07T00:00:00Z')), ['anna', 'ben', 'cem']);
  const twice = { ...roster, overrides: [...overrides, { ...overrides[0]!, person: 'dora' }] };
  assert.deepEqual(whoIsOnDuty(twice, at('2026-01-06T12:00:00Z')), ['dora', 'anna', 'ben', 'cem']);
});
