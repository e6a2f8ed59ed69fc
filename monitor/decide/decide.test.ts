import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observations, SourceValues } from '../observations/observations.ts';
import { observe, soundValues } from '../testing/sound-observations.ts';
import { isRaised } from './alert.ts';
import { type DecisionState, decide, emptyDecisionState } from './decide.ts';
import type { IncidentChange } from './incident.ts';
import { rules } from './rules.ts';

const roundMs = 5_000;
const startMs = Date.parse('2017-05-12T02:50:00Z');

interface Run {
  state: DecisionState;
  readonly changes: IncidentChange[];
  /** When an alert of the rule was first raised, and when first as a page, in ms from the start. */
  readonly named: Map<string, number>;
  readonly paged: Map<string, number>;
}

/** Rounds of five seconds over a server whose values depend on the time since the start. */
function run(durationMs: number, valuesAt: (sinceMs: number) => Partial<SourceValues>, from?: Run, beginMs = 0): Run {
  const result: Run = from ?? { state: emptyDecisionState, changes: [], named: new Map(), paged: new Map() };
  for (let sinceMs = beginMs; sinceMs <= beginMs + durationMs; sinceMs += roundMs) {
    const { state, changes } = decide(result.state, observe(startMs + sinceMs, valuesAt(sinceMs)), rules);
    result.state = state;
    result.changes.push(...changes);
    for (const { rule, severity } of state.alerts.filter(isRaised)) {
      if (!result.named.has(rule)) result.named.set(rule, sinceMs);
      if (severity === 'page' && !result.paged.has(rule)) result.paged.set(rule, sinceMs);
    }
  }
  return result;
}

const process = (changed: Partial<SourceValues['processes'][number]>) => [
  { ...soundValues.processes[0]!, ...changed },
  soundValues.processes[1]!,
];
const silentBridges = (sinceMs: number) =>
  soundValues.bridges.map((bridge) => ({ ...bridge, canaryAgeMs: sinceMs, oldestWaitingMs: sinceMs, waiting: 10 }));

const week: readonly [fault: string, cause: string, valuesAt: (sinceMs: number) => Partial<SourceValues>][] = [
  [
    'the machine with the homeserver is frozen',
    'process-silent',
    (sinceMs) => ({ processes: process({ silentForMs: sinceMs }) }),
  ],
  ['its clock is nine minutes slow', 'clock-off', () => ({ clocks: [{ name: 'hs1', offsetMs: -540_000 }] })],
  [
    'the routes to the bridges go',
    'route-lost',
    (sinceMs) => ({
      network: { ...soundValues.network, missingRoutes: [{ route: '10.2.0.0/16', forMs: sinceMs }] },
      bridges: silentBridges(sinceMs),
    }),
  ],
  [
    'the bridge takes nothing from Matrix, and the other way all is well',
    'bridge-stuck',
    (sinceMs) => ({ bridges: [silentBridges(sinceMs)[0]!, soundValues.bridges[1]!] }),
  ],
  [
    'the replica is lost and logs pile up for it',
    'replica-lost',
    (sinceMs) => ({
      postgres: {
        silentForMs: 0,
        primary: {
          ...soundValues.postgres.primary!,
          missingReplicas: [{ name: 'db2', forMs: sinceMs }],
          slots: [
            {
              ...soundValues.postgres.primary!.slots[0]!,
              ...{ isActive: false, inactiveForMs: sinceMs, retainedBytes: sinceMs * 10_000 },
              safeBytes: Array.from({ length: sinceMs / roundMs + 1 }, (_, index) => ({
                atMs: startMs + index * roundMs,
                value: 10e9 - index * roundMs * 10_000,
              })),
            },
          ],
        },
      },
    }),
  ],
  [
    'the disk of the database fills, and PostgreSQL stops',
    'disk-filling',
    (sinceMs) => ({
      volumes: [
        {
          ...soundValues.volumes[0]!,
          availableBytes: [0, 1, 2, 3].map((index) => ({ atMs: startMs + index * 20_000, value: 3e9 - index * 1e9 })),
        },
      ],
      postgres: { silentForMs: sinceMs, why: 'No space left on device' },
      processes: process({ ready: { writes: false, readerAgeMs: sinceMs } }),
      canaries: [{ shard: 0, refusedForMs: sinceMs, unseenForMs: 0, lostMessages: 0 }],
      bridges: silentBridges(sinceMs),
    }),
  ],
  [
    'the homeserver looks well, and its readers are wedged',
    'readers-stale',
    (sinceMs) => ({
      processes: process({ ready: { writes: true, readerAgeMs: sinceMs } }),
      canaries: [{ shard: 0, refusedForMs: 0, unseenForMs: sinceMs, lostMessages: 0 }],
    }),
  ],
];

for (const [fault, cause, valuesAt] of week) {
  test(`named within 30 s, paged within 2 minutes, as one incident: ${fault}`, () => {
    const { state, named, paged, changes } = run(180_000, valuesAt);
    const first = Math.min(...named.values());
    assert.ok(first <= 30_000, `named after ${first} ms`);
    const page = Math.min(...paged.values());
    assert.ok(page <= 110_000, `a page after ${page} ms, and paging itself takes a moment`);
    assert.equal(state.incidents.length, 1, JSON.stringify(state.incidents));
    assert.ok(state.incidents[0]?.cause.startsWith(cause), String(state.incidents[0]?.cause));
    assert.deepEqual(
      changes.filter(({ kind }) => kind === 'opened' || kind === 'merged').map(({ kind }) => kind),
      ['opened'],
    );
  });
}

test('symptoms stand under their cause, also when they were seen before it', () => {
  const after = run(60_000, (sinceMs) => ({
    postgres: { silentForMs: Math.max(0, sinceMs - 30_000) },
    canaries: [{ shard: 0, refusedForMs: sinceMs, unseenForMs: 0, lostMessages: 0 }],
  }));
  const [incident] = after.state.incidents;
  assert.deepEqual(
    [incident?.cause, incident?.symptoms.map(({ key }) => key)],
    ['database-down', ['write-probe-refused shard 0']],
  );
  assert.deepEqual(
    after.changes.map(({ kind }) => kind),
    ['opened', 'explained'],
  );
  assert.match(incident?.id ?? '', /^20170512T0250\d\d-write-probe-refused-shard-0$/);
});

test('the timeline says how bad it is what joins a cause, and when it gets as bad as a page', () => {
  const slot = { name: 'replica', isActive: false, inactiveForMs: 0, retainedBytes: 1, safeBytes: [] };
  const { primary } = soundValues.postgres;
  const { changes } = run(120_000, (sinceMs) => ({
    postgres: { silentForMs: 0, primary: { ...primary!, slots: [{ ...slot, walStatus: 'lost' }] } },
    volumes: soundValues.volumes.map((volume) => {
      const share = sinceMs < 30_000 ? 1 : sinceMs < 60_000 ? 0.08 : 0.01;
      return { ...volume, availableBytes: [{ atMs: startMs + sinceMs, value: volume.sizeBytes * share }] };
    }),
  }));
  const grown = changes.filter(({ kind }) => kind !== 'opened');
  assert.deepEqual(
    grown.map(({ kind, severity, text }) => [kind, severity, text.split(':')[0]]),
    [
      ['grew', 'warning', 'also'],
      ['grew', 'page', 'worse'],
    ],
  );
});

test('faults that have nothing to do with each other are incidents of their own', () => {
  const { state } = run(60_000, () => ({
    clocks: [{ name: 'hs1', offsetMs: 9_000 }],
    certificates: [{ place: 'a', remainingMs: 1 }],
  }));
  assert.deepEqual(state.incidents.map(({ cause }) => cause).sort(), ['certificate-ending a', 'clock-off hs1']);
});

test('a full volume of media does not explain a database that is down', () => {
  const { state } = run(60_000, (sinceMs) => ({
    volumes: [{ ...soundValues.volumes[0]!, path: '/media', holds: 'media', availableBytes: [{ atMs: 0, value: 0 }] }],
    postgres: { silentForMs: sinceMs },
  }));
  assert.equal(state.incidents.length, 2);
});

test('etcd without a majority explains a database without a primary, and one member that is away does not', () => {
  const databaseGone = (sinceMs: number): Partial<SourceValues> => ({
    postgres: { silentForMs: sinceMs, why: 'refused' },
    patroni: { silent: [], cluster: { ...soundValues.patroni.cluster!, leaderlessForMs: sinceMs } },
  });
  const etcdAway = (count: number, sinceMs: number) => ({
    etcd: soundValues.etcd.map((each, index) => ({ ...each, silentForMs: index < count ? sinceMs : 0 })),
  });
  const lost = run(90_000, (sinceMs) => ({ ...databaseGone(sinceMs), ...etcdAway(2, sinceMs) })).state.incidents;
  assert.deepEqual(
    lost.map(({ cause, severity }) => [cause, severity]),
    [['etcd-unwell majority', 'page']],
  );
  assert.deepEqual(lost[0]?.symptoms.map(({ key }) => key).sort(), ['cluster-leaderless', 'database-down']);
  const one = run(90_000, (sinceMs) => ({ ...databaseGone(sinceMs), ...etcdAway(1, sinceMs) })).state.incidents;
  assert.deepEqual(one.map(({ cause }) => cause).sort(), ['cluster-leaderless', 'etcd-unwell db-1:2379']);
});

test('two incidents that turn out to have one cause become the older one', () => {
  const valuesAt = (sinceMs: number): Partial<SourceValues> => ({
    processes: process({ ready: { writes: false, readerAgeMs: 10 } }),
    canaries: [{ shard: 0, refusedForMs: 0, unseenForMs: sinceMs, lostMessages: 0 }],
    postgres: { silentForMs: Math.max(0, sinceMs - 60_000) },
  });
  const { state, changes } = run(120_000, valuesAt);
  assert.deepEqual(
    state.incidents.map(({ cause }) => cause),
    ['database-down'],
  );
  assert.equal(state.incidents[0]?.id, changes[0]?.incident);
  assert.equal(changes.filter(({ kind }) => kind === 'merged').length, 1);
});

test('what flickers is one alert, and it ends only after it has been gone for long enough', () => {
  const flicker = run(300_000, (sinceMs) => ({
    processes: process(sinceMs % 20_000 < 10_000 && sinceMs < 200_000 ? { silentForMs: 20_000 } : {}),
  }));
  assert.deepEqual(
    flicker.changes.map(({ kind }) => kind),
    ['opened', 'closed'],
  );
  // It was last so at 185 s, and must be gone for 15 s.
  assert.equal(flicker.changes.at(-1)!.atMs - startMs, 200_000);
  assert.deepEqual(flicker.state, emptyDecisionState);
});

test('what is there for a moment only is no alert', () => {
  const { changes } = run(60_000, (sinceMs) =>
    sinceMs === 20_000 ? { clocks: [{ name: 'a', offsetMs: 90_000 }] } : {},
  );
  assert.deepEqual(changes, []);
});

test('a warning becomes a page when it has been bad enough for long enough, and a warning again later', () => {
  const { changes } = run(300_000, (sinceMs) => ({
    clocks: [{ name: 'a', offsetMs: sinceMs >= 60_000 && sinceMs < 120_000 ? 8_000 : 2_000 }],
  }));
  assert.deepEqual(
    changes.map(({ kind, atMs }) => [kind, atMs - startMs]),
    [
      ['opened', 5_000],
      ['worsened', 65_000],
      ['eased', 145_000],
    ],
  );
});

test('while a source cannot be looked at, its alerts stay as they are', () => {
  const before = run(30_000, (sinceMs) => ({ postgres: { silentForMs: sinceMs } }));
  const blind = (atMs: number): Observations => ({
    atMs: startMs + atMs,
    sources: { postgres: { kind: 'failed', why: 'x', forMs: 5_000 } },
  });
  let { state } = before;
  for (let atMs = 35_000; atMs < 200_000; atMs += roundMs) state = decide(state, blind(atMs), rules).state;
  assert.deepEqual(
    state.alerts.map(({ key }) => key),
    ['database-down'],
  );
});

test('an incident says which of its parts is over, and that data is lost', () => {
  const first = run(30_000, () => ({ canaries: [{ shard: 0, refusedForMs: 0, unseenForMs: 0, lostMessages: 1 }] }));
  assert.deepEqual(
    first.state.incidents.map(({ losesData, severity }) => [losesData, severity]),
    [[true, 'page']],
  );
  const second = run(90_000, (sinceMs) => ({
    postgres: { silentForMs: sinceMs },
    processes: process(sinceMs < 45_000 ? { ready: { writes: false, readerAgeMs: 0 } } : {}),
  }));
  assert.ok(second.changes.some(({ kind, text }) => kind === 'cleared' && text.includes('hs1')));
});

test('more subjects than anybody reads are cut off, the worst first', () => {
  const missingRoutes = Array.from({ length: 500 }, (_, index) => ({ route: `10.${index}.0.0/16`, forMs: 1 }));
  const { state } = run(20_000, () => ({ network: { ...soundValues.network, missingRoutes } }));
  assert.equal(state.alerts.length, 50);
});
