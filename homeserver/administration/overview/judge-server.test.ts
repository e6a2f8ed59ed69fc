import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeServer, type ServerObservation } from './judge-server.ts';

const well: ServerObservation = {
  shards: [{ id: 0, isHeld: true }],
  processes: [{ id: 'a', address: '10.0.0.1:9000', silentMs: 500, clockOffsetMs: 3 }],
  leaseMs: 6_000,
  readerAgeMs: 200,
  database: {
    ...{ answeredInMs: 1, connections: 20, maxConnections: 100, wraparoundShare: 0.01 },
    ...{ synchronousStandbys: '', replicas: [], slots: [] },
  },
  disk: { freeBytes: 50e9, bytes: 100e9 },
  appservices: [{ id: 'irc', state: 'idle', failures: 0, oldestMs: null, lastError: null }],
  failedTasks: 0,
};

test('a server that is well has no problems', () => {
  assert.deepEqual(judgeServer(well), []);
});

const { database } = well;
const replica = { name: 'b', kind: 'async', lagBytes: 0 };
const cases: readonly (readonly [string, Partial<ServerObservation>, 'critical' | 'warning', RegExp])[] = [
  ['a shard without owner', { shards: [{ id: 3, isHeld: false }] }, 'critical', /shard 3/],
  [
    'a process that is silent',
    { processes: [{ id: 'a', address: 'here:1', silentMs: 60_000, clockOffsetMs: 0 }] },
    'warning',
    /here:1 has said nothing for 60 s/,
  ],
  [
    'a clock that is wrong',
    { processes: [{ id: 'a', address: 'here:1', silentMs: 0, clockOffsetMs: -540_000 }] },
    'warning',
    /wrong by -540 s/,
  ],
  ['readers that are late', { readerAgeMs: 9_000 }, 'critical', /9 s ago/],
  ['a slow database', { database: { ...database, answeredInMs: 900 } }, 'warning', /900 ms/],
  ['a database that is full of connections', { database: { ...database, connections: 90 } }, 'warning', /90 of 100/],
  ['transaction numbers that run out', { database: { ...database, wraparoundShare: 0.9 } }, 'critical', /90 %/],
  [
    'no synchronous standby where one is asked for',
    { database: { ...database, synchronousStandbys: '*', replicas: [replica] } },
    'critical',
    /no synchronous standby/,
  ],
  [
    'a replica that is behind',
    { database: { ...database, replicas: [{ ...replica, lagBytes: 3 * 1024 ** 3 }] } },
    'warning',
    /3\.0 GiB behind/,
  ],
  [
    'a slot that nobody reads',
    { database: { ...database, slots: [{ name: 'old', isActive: false, heldBytes: 2 * 1024 ** 3 }] } },
    'warning',
    /slot old/,
  ],
  ['a disk that is nearly full', { disk: { freeBytes: 8e9, bytes: 100e9 } }, 'warning', /disk/],
  ['a disk that is full', { disk: { freeBytes: 1e9, bytes: 100e9 } }, 'critical', /disk/],
  [
    'a bridge that hangs',
    { appservices: [{ id: 'irc', state: 'waiting', failures: 4, oldestMs: 90_000, lastError: 'timed out' }] },
    'warning',
    /irc takes nothing: timed out/,
  ],
  ['tasks that failed', { failedTasks: 2 }, 'warning', /2 tasks/],
];

for (const [what, change, severity, says] of cases) {
  test(`${what} is named, alone`, () => {
    const problems = judgeServer({ ...well, ...change });
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.equal(problems[0]?.severity, severity);
    assert.match(problems[0]?.what ?? '', says);
    assert.ok((problems[0]?.remedy.length ?? 0) > 10);
  });
}

test('the worst comes first', () => {
  const problems = judgeServer({ ...well, failedTasks: 1, readerAgeMs: 60_000 });
  assert.deepEqual(
    problems.map(({ severity }) => severity),
    ['critical', 'warning'],
  );
});
