import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../decide/incident.ts';
import {
  acknowledge,
  type Escalation,
  type EscalationInput,
  escalate,
  noteUndelivered,
  type PageOrder,
} from './escalate.ts';
import { defaultPolicy } from './escalation-policy.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const incident: Incident = {
  ...{ id: 'one', openedMs: 0, severity: 'page', losesData: false },
  ...{ cause: 'database-down', headline: 'no primary has answered for 9 s', symptoms: [] },
};

interface Told extends PageOrder {
  readonly atMs: number;
}

interface Simulation {
  escalations: readonly Escalation[];
  readonly told: Told[];
}

/** A round every five seconds; `before` may do something to the state first. */
function simulate(
  untilMs: number,
  inputAt: (atMs: number) => Partial<EscalationInput> = () => ({}),
  before: (atMs: number, escalations: readonly Escalation[], told: readonly Told[]) => readonly Escalation[] = (
    _,
    kept,
  ) => kept,
): Simulation {
  const result: Simulation = { escalations: [], told: [] };
  for (let atMs = 0; atMs <= untilMs; atMs += 5 * secondMs) {
    const { escalations, orders } = escalate(before(atMs, result.escalations, result.told), {
      ...{
        atMs,
        incidents: [incident],
        merged: [],
        onDuty: ['anna', 'ben', 'cem'],
        windows: [],
        policy: defaultPolicy,
      },
      ...inputAt(atMs),
    });
    result.escalations = escalations;
    result.told.push(...orders.map((each) => ({ ...each, atMs })));
  }
  return result;
}

const briefly = (told: readonly Told[]) => told.map(({ atMs, person, ways }) => `${atMs / 1000} ${person} ${ways}`);

test('nobody answers: the same person again, the next within five minutes, everybody, the second provider, for ever', () => {
  const { told } = simulate(15 * minuteMs);
  assert.deepEqual(briefly(told), [
    '10 anna first',
    '120 anna all',
    '210 ben first',
    ...['anna', 'ben', 'cem'].map((person) => `420 ${person} first`),
    ...['anna', 'ben', 'cem'].map((person) => `540 ${person} second`),
    ...['anna', 'ben', 'cem'].map((person) => `840 ${person} all`),
  ]);
  assert.equal(new Set(told.map(({ id }) => id)).size, told.length);
  const late = simulate(10 * 60 * minuteMs).told;
  assert.ok(late.at(-1)!.atMs > 594 * minuteMs, 'it has not stopped after ten hours');
});

test('whoever acknowledges ends the calls, and after an hour without an end they begin again', () => {
  const { told } = simulate(66 * minuteMs, undefined, (atMs, escalations) =>
    atMs === 60 * secondMs ? acknowledge(escalations, 'one', 'anna', atMs) : escalations,
  );
  assert.deepEqual(briefly(told).slice(0, 4), ['10 anna first', '3660 anna first', '3780 anna all', '3870 ben first']);
});

test('everybody who was told hears once that it is over', () => {
  const { told, escalations } = simulate(8 * minuteMs, (atMs) => (atMs >= 4 * minuteMs ? { incidents: [] } : {}));
  assert.deepEqual(
    told.filter(({ kind }) => kind === 'all-clear').map(({ person, atMs }) => [person, atMs]),
    [
      ['anna', 4 * minuteMs],
      ['ben', 4 * minuteMs],
    ],
  );
  assert.deepEqual(escalations, []);
});

test('the end of an incident that became a part of another one is not told', () => {
  const { told } = simulate(2 * minuteMs, (atMs) => (atMs >= minuteMs ? { incidents: [], merged: ['one'] } : {}));
  assert.deepEqual(briefly(told), ['10 anna first']);
});

test('a warning calls nobody, and calls when it becomes a page', () => {
  const { told } = simulate(2 * minuteMs, (atMs) => ({
    incidents: [{ ...incident, severity: atMs < minuteMs ? 'warning' : 'page' }],
  }));
  assert.deepEqual(briefly(told), ['70 anna first']);
});

test('a provider that fails is followed by the second one at once, and that one by the next step', () => {
  const failed = new Set<string>();
  const { told } = simulate(30 * secondMs, undefined, (atMs, escalations, sent) => {
    let kept = escalations;
    for (const each of sent) {
      if (each.kind !== 'page' || failed.has(each.id)) continue;
      failed.add(each.id);
      if (each.person === 'anna') kept = noteUndelivered(kept, each, atMs);
    }
    return kept;
  });
  assert.deepEqual(briefly(told), ['10 anna first', '15 anna second', '20 anna all', '25 ben first']);
});

const window = { fromMs: 0, toMs: 5 * minuteMs, rules: ['database-down'], by: 'anna', reason: 'upgrade' };

test('what a maintenance window expects wakes nobody before its end', () => {
  const { told } = simulate(6 * minuteMs, () => ({ windows: [window] }));
  assert.deepEqual(briefly(told), ['310 anna first']);
});

test('a window for something else silences nothing, nor does one that expects only a part', () => {
  const other = { ...window, rules: ['clock-off'] };
  assert.equal(simulate(minuteMs, () => ({ windows: [other] })).told.length, 1);
  const grown = { ...incident, symptoms: [{ key: 'clock-off hs1', summary: 'x', severity: 'page' as const }] };
  assert.equal(simulate(minuteMs, () => ({ windows: [window], incidents: [grown] })).told.length, 1);
  assert.equal(simulate(minuteMs, () => ({ windows: [window, other], incidents: [grown] })).told.length, 0);
});

const disk = {
  key: 'disk-filling database',
  summary: 'the database: 0 B can still be written',
  severity: 'page',
} as const;
const grownAt = (growMs: number) => (atMs: number) => ({
  incidents: [{ ...incident, symptoms: atMs >= growMs ? [disk] : [] }],
});
const takenAfterMinute = (atMs: number, kept: readonly Escalation[]) =>
  atMs === minuteMs ? acknowledge(kept, 'one', 'ben', atMs) : kept;

test('what joins a page that somebody has taken, and would be a page of its own, calls again, once, by its name', () => {
  const { told } = simulate(12 * minuteMs, grownAt(10 * minuteMs), takenAfterMinute);
  assert.deepEqual(briefly(told), ['10 anna first', '600 anna first', '720 anna all']);
  assert.deepEqual(
    told.map(({ news }) => news),
    [undefined, disk.summary, undefined],
  );
  const flickers = simulate(
    20 * minuteMs,
    (atMs) => grownAt(atMs % minuteMs === 0 ? 10 * minuteMs : Number.POSITIVE_INFINITY)(atMs),
    (atMs, kept) => (atMs === 11 * minuteMs ? acknowledge(kept, 'one', 'anna', atMs) : takenAfterMinute(atMs, kept)),
  );
  assert.deepEqual(briefly(flickers.told), ['10 anna first', '600 anna first']);
});

test('what joins in the first minutes, or is a warning, calls nobody again', () => {
  assert.deepEqual(briefly(simulate(8 * minuteMs, grownAt(90 * secondMs), takenAfterMinute).told), ['10 anna first']);
  const warned = (atMs: number) => ({
    incidents: [{ ...incident, symptoms: atMs >= 3 * minuteMs ? [{ ...disk, severity: 'warning' as const }] : [] }],
  });
  assert.deepEqual(briefly(simulate(8 * minuteMs, warned, takenAfterMinute).told), ['10 anna first']);
});

test('what joins a page that nobody has taken does not put off who comes next', () => {
  assert.deepEqual(briefly(simulate(4 * minuteMs, grownAt(3 * minuteMs)).told), [
    ...['10 anna first', '120 anna all', '180 anna first', '210 ben first'],
  ]);
});

test('nobody can silence that data is being lost, with whatever window', () => {
  const everything = { ...window, toMs: Number.POSITIVE_INFINITY, rules: [] };
  const lost = { ...incident, losesData: true };
  assert.deepEqual(briefly(simulate(minuteMs, () => ({ windows: [everything], incidents: [lost] })).told), [
    '10 anna first',
  ]);
});

test('an incident that grows to lose data is paged from inside a window', () => {
  const { told } = simulate(3 * minuteMs, (atMs) => ({
    windows: [window],
    incidents: [{ ...incident, losesData: atMs >= 2 * minuteMs }],
  }));
  assert.deepEqual(briefly(told), ['130 anna first']);
});

test('a monitor that takes over goes on where the other one ended, without calling for what was missed', () => {
  const { escalations } = simulate(15 * secondMs);
  const restored = JSON.parse(JSON.stringify(escalations)) as Escalation[];
  const input = { incidents: [incident], merged: [], onDuty: ['anna', 'ben'], windows: [], policy: defaultPolicy };
  const { orders } = escalate(restored, { ...input, atMs: 230 * secondMs });
  assert.deepEqual(
    orders.map(({ person, id }) => [person, id]),
    [['ben', 'one.1']],
  );
});

test('where one person is the whole roster, that person is called all the same', () => {
  const { told } = simulate(8 * minuteMs, () => ({ onDuty: ['anna'] }));
  assert.deepEqual(briefly(told), ['10 anna first', '120 anna all', '210 anna first', '420 anna first']);
});
