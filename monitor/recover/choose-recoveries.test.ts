import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRecord } from '../decide/alert.ts';
import type { SourceValues } from '../observations/observations.ts';
import { observe, soundValues } from '../testing/sound-observations.ts';
import { chooseRecoveries, followRested, type RecoveryInput } from './choose-recoveries.ts';
import { noteHeldBack } from './note-held-back.ts';
import { noteRestarts } from './note-restarts.ts';

const minuteMs = 60_000;
const atMs = 60 * minuteMs;
const mib = 1024 ** 2;
const [one, two] = soundValues.processes.map((each, index) => ({ ...each, id: `id${index + 1}` }));
const both = { processes: [one!, two!] };

function alert(
  rule: string,
  subject: string,
  raisedForMs: number,
  severity: AlertRecord['severity'] = 'page',
): AlertRecord {
  const sinceMs = atMs - raisedForMs;
  return {
    ...{ key: `${rule} ${subject}`, rule, subject, severity, summary: '', losesData: false },
    ...{ trueSinceMs: sinceMs, lastTrueMs: atMs, raisedMs: sinceMs },
  };
}
const volume = (available: number, holds = 'database', hasReserve = true): Partial<SourceValues> => ({
  volumes: [{ ...soundValues.volumes[0]!, holds, hasReserve, availableBytes: [{ atMs, value: available }] }],
});
const slot = (changed: object): Partial<SourceValues> => {
  const slots = [{ ...soundValues.postgres.primary!.slots[0]!, ...changed }];
  return { postgres: { silentForMs: 0, primary: { ...soundValues.postgres.primary!, slots } } };
};
const lost = { isActive: false, inactiveForMs: 11 * minuteMs, retainedBytes: 900 * mib };

interface Case {
  readonly says: string;
  readonly given?: Partial<SourceValues>;
  readonly and?: Partial<Omit<RecoveryInput, 'observations'>>;
  readonly expected: readonly string[];
}

const sick = [alert('event-loop-slow', 'hs1', minuteMs)];
const held = { isHeld: true, sizeBytes: 256 * mib };
const cases: readonly Case[] = [
  { says: 'all is well', expected: [] },
  { says: 'a slow process with a well one beside it', and: { alerts: sick }, expected: ['rest-process hs1'] },
  {
    says: 'wedged readers',
    and: { alerts: [alert('readers-stale', 'hs1', minuteMs)] },
    expected: ['rest-process hs1'],
  },
  { says: 'slow for a moment', and: { alerts: [alert('event-loop-slow', 'hs1', 5_000)] }, expected: [] },
  { says: 'a little slow', and: { alerts: [alert('event-loop-slow', 'hs1', minuteMs, 'warning')] }, expected: [] },
  { says: 'both are slow', and: { alerts: [...sick, alert('event-loop-slow', 'hs2', minuteMs)] }, expected: [] },
  { says: 'it is alone', given: { processes: [one!] }, and: { alerts: sick }, expected: [] },
  {
    says: 'the other one is silent',
    ...{ given: { processes: [one!, { ...two!, silentForMs: 9_000 }] }, and: { alerts: sick }, expected: [] },
  },
  {
    says: 'the other one rests already',
    ...{ and: { alerts: sick, rested: [{ id: 'id2', name: 'hs2', sickMs: atMs }] }, expected: [] },
  },
  {
    says: 'it rests already',
    ...{ and: { alerts: sick, rested: [{ id: 'id1', name: 'hs1', sickMs: atMs }] }, expected: [] },
  },
  {
    says: 'nobody knows under which name it rests',
    ...{ given: { processes: soundValues.processes }, and: { alerts: sick }, expected: [] },
  },
  {
    says: 'it has been well for long enough',
    and: { rested: [{ id: 'id1', name: 'hs1', sickMs: atMs - 11 * minuteMs }] },
    expected: ['wake-process hs1'],
  },
  { says: 'the disk is full', given: volume(9 * mib), and: { reserve: held }, expected: ['release-reserve'] },
  {
    says: 'it is, and the reserve is gone',
    given: volume(9 * mib),
    and: { reserve: { ...held, isHeld: false } },
    expected: [],
  },
  { says: 'another disk is full', given: volume(9 * mib, 'media'), and: { reserve: held }, expected: [] },
  {
    says: 'the database is on another disk than the reserve',
    ...{ given: volume(9 * mib, 'database', false), and: { reserve: held }, expected: [] },
  },
  { says: 'some room is left', given: volume(90 * mib), and: { reserve: held }, expected: [] },
  {
    says: 'room again, not much',
    given: volume(900 * mib),
    and: { reserve: { ...held, isHeld: false } },
    expected: [],
  },
  {
    says: 'room again',
    given: volume(3_000 * mib),
    and: { reserve: { ...held, isHeld: false } },
    expected: ['fill-reserve'],
  },
  { says: 'no reserve is wanted', given: volume(9 * mib), expected: [] },
  {
    says: 'a slot over its bound',
    given: slot(lost),
    and: { dropSlotsOverBytes: 800 * mib },
    expected: ['drop-slot db2'],
  },
  { says: 'no bound is set', given: slot(lost), expected: [] },
  { says: 'below its bound', given: slot(lost), and: { dropSlotsOverBytes: 1_000 * mib }, expected: [] },
  { says: 'followed', given: slot({ ...lost, isActive: true }), and: { dropSlotsOverBytes: 800 * mib }, expected: [] },
  {
    says: 'lost a moment ago',
    given: slot({ ...lost, inactiveForMs: minuteMs }),
    and: { dropSlotsOverBytes: 1 },
    expected: [],
  },
];

for (const { says, given = {}, and = {}, expected } of cases) {
  test(`what is done without a person: ${says}`, () => {
    const input = {
      ...{ observations: observe(atMs, { ...both, ...given }), alerts: [], rested: [] },
      ...{ reserve: undefined, dropSlotsOverBytes: undefined, ...and },
    };
    const chosen = chooseRecoveries(input).map((each) => {
      const of = 'name' in each ? ` ${each.name}` : 'slot' in each ? ` ${each.slot}` : '';
      return `${each.kind}${of}`;
    });
    assert.deepEqual(chosen, expected);
  });
}

test('a process that rests and is still sick does not become well by waiting', () => {
  const rested = [{ id: 'id1', name: 'hs1', sickMs: 0 }];
  const input = {
    observations: observe(atMs, both),
    alerts: sick,
    rested,
    reserve: undefined,
    dropSlotsOverBytes: undefined,
  };
  assert.deepEqual(followRested(input), [{ id: 'id1', name: 'hs1', sickMs: atMs }]);
  assert.deepEqual(followRested({ ...input, alerts: [] }), rested);
});

test('a PostgreSQL that was started again is noted once, and a new process is none', () => {
  const known = new Map<string, number>();
  const look = (postgresRestarts: number) =>
    noteRestarts(known, observe(0, { processes: [{ ...one!, postgresRestarts }] }));
  assert.deepEqual(
    [look(2), look(2), look(3), look(3), look(0), look(1)].map(({ length }) => length),
    [0, 0, 1, 0, 0, 1],
  );
});

test('a service that the homeserver holds back is noted when it begins and when it ends', () => {
  const bridge = soundValues.bridges[0]!;
  let known: ReadonlySet<string> | undefined;
  const look = (...bridges: SourceValues['bridges']) => {
    const noted = noteHeldBack(known, observe(0, { bridges }));
    known = noted.known;
    return noted.texts.map((text) => text.replace(`${bridge.name} `, ''));
  };
  const heldBack = { ...bridge, isHeldBack: true };
  assert.deepEqual(look(bridge), []);
  assert.deepEqual(look(heldBack), ['is paused: it is well, and refuses the same transaction again and again']);
  assert.deepEqual(look(heldBack), []);
  assert.deepEqual(look(), [], 'its queue goes from one process to another');
  assert.deepEqual(look(bridge), ['is paused no longer']);
  known = undefined;
  assert.deepEqual(look(heldBack), [], 'it was so when this monitor began');
});
