import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planDuty } from './plan-duty.ts';
import { type Roster, whoIsOnDuty } from './roster.ts';

const roster: Roster = {
  ...{ timeZone: 'Europe/Berlin', people: ['anna', 'ben'], start: '2026-10-19', handOver: '09:30', everyDays: 7 },
  overrides: [
    { person: 'ben', fromMs: Date.parse('2026-10-20T18:00:00+02:00'), toMs: Date.parse('2026-10-21T09:15:00+02:00') },
  ],
};

test('shifts follow one another to the minute, over overrides and the end of summer time', () => {
  const atMs = Date.parse('2026-10-20T10:00:30+02:00');
  const { order, shifts } = planDuty((at) => whoIsOnDuty(roster, at), atMs);
  assert.deepEqual(order, ['anna', 'ben']);
  assert.deepEqual(
    shifts.slice(0, 5).map(({ person, fromMs }) => [person, new Date(fromMs).toISOString()]),
    [
      ['anna', '2026-10-20T08:00:30.000Z'],
      ['ben', '2026-10-20T16:00:00.000Z'],
      ['anna', '2026-10-21T07:15:00.000Z'],
      ['ben', '2026-10-26T08:30:00.000Z'],
      ['anna', '2026-11-02T08:30:00.000Z'],
    ],
  );
  for (const [index, { toMs }] of shifts.slice(0, -1).entries()) assert.equal(toMs, shifts[index + 1]?.fromMs);
});

test('without people there are no shifts, and with one there is one', () => {
  assert.deepEqual(
    planDuty(() => [], 0),
    { order: [], shifts: [] },
  );
  assert.equal(planDuty(() => ['anna'], 0).shifts.length, 1);
});
