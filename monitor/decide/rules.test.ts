import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observations, SourceValues } from '../observations/observations.ts';
import type { Sample } from '../observations/sample.ts';
import { observe, soundValues } from '../testing/sound-observations.ts';
import { alertKey } from './alert.ts';
import { rules } from './rules.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const gib = 1024 ** 3;

type Values = Partial<SourceValues>;
/**
 * What changes, and what the rule says then: `[subject, severity]`, the alerts that there are already, and whether
 * data is lost.
 */
interface Case {
  readonly says: string;
  readonly given: Values;
  readonly expected: readonly (readonly [string, string])[];
  readonly raised?: readonly string[];
  readonly losesData?: true;
}

const process = (changed: Partial<SourceValues['processes'][number]>): Values => ({
  processes: [{ ...soundValues.processes[0]!, ...changed }, soundValues.processes[1]!],
});
const canary = (changed: Partial<SourceValues['canaries'][number]>): Values => ({
  canaries: [{ ...soundValues.canaries[0]!, ...changed }],
});
const primary = (changed: Partial<NonNullable<SourceValues['postgres']['primary']>>): Values => ({
  postgres: { silentForMs: 0, primary: { ...soundValues.postgres.primary!, ...changed } },
});
const slot = (changed: object): Values =>
  primary({ slots: [{ ...soundValues.postgres.primary!.slots[0]!, ...changed }] });
const volume = (changed: Partial<SourceValues['volumes'][number]>): Values => ({
  volumes: [{ ...soundValues.volumes[0]!, ...changed }],
});
const clock = (changed: Partial<SourceValues['clocks'][number]>): Values => ({
  clocks: [{ ...soundValues.clocks[0]!, ...changed }],
});
const network = (changed: Partial<SourceValues['network']>): Values => ({
  network: { ...soundValues.network, ...changed },
});
const bridge = (changed: Partial<SourceValues['bridges'][number]>): Values => ({
  bridges: [{ ...soundValues.bridges[0]!, ...changed }, soundValues.bridges[1]!],
});
const backups = (changed: Partial<SourceValues['backups']>): Values => ({
  backups: { ...soundValues.backups, ...changed },
});
const reach = (changed: Partial<SourceValues['reachability']>): Values => ({
  reachability: { ...soundValues.reachability, goodChecks: 0, ...changed },
});
const cluster = (changed: object): Values => ({
  patroni: { silent: [], cluster: { ...soundValues.patroni.cluster!, ...changed } },
});
const member = (changed: object): Values => {
  const [first, second] = soundValues.patroni.cluster!.members;
  return cluster({ members: [first!, { ...second!, ...changed }] });
};
const etcd = (...changed: Partial<SourceValues['etcd'][number]>[]): Values => ({
  etcd: soundValues.etcd.map((each, index) => ({ ...each, ...changed[index] })),
});
const toldLate = (({ toldAfterMs: _, ...others }) => others)(soundValues.bridges[0]!);
const dead = (share: number, sizeBytes: number): Values =>
  primary({ deadRows: [{ table: 'public.event', share, sizeBytes }] });
const stuck = (...waitingMs: number[]): Values => {
  const servers = waitingMs.map((each, index) => ({ server: `s${index}.example`, waitingMs: each }));
  return { federation: { ...soundValues.federation, stuck: servers } };
};
/** A straight line that ends at `endValue` after `spanMs`, falling by `perMinute`. */
const falling = (endValue: number, perMinute: number, spanMs: number): Sample[] =>
  Array.from({ length: 20 }, (_, index) => {
    const atMs = (spanMs * index) / 19;
    return { atMs, value: endValue + ((spanMs - atMs) / minuteMs) * perMinute };
  });

const diskName = 'database at /var/lib/postgresql';
const bridgeName = 'irc-bridge libera from Matrix';

const cases: Readonly<Record<string, readonly Case[]>> = {
  'process-silent': [
    { says: 'a moment', given: process({ silentForMs: 5_000 }), expected: [] },
    { says: 'a restart', given: process({ silentForMs: 10_000 }), expected: [['hs1', 'warning']] },
    { says: 'frozen', given: process({ silentForMs: 16_000, why: 'timed out' }), expected: [['hs1', 'page']] },
    { says: 'ended on purpose', given: process({ silentForMs: 99_000, isStopped: true }), expected: [] },
  ],
  'writes-refused': [
    { says: 'no shard', given: process({ ready: { writes: false, readerAgeMs: 9 } }), expected: [['hs1', 'page']] },
    {
      says: 'silent, so nothing is known of its writes',
      given: process({ silentForMs: 5_000, ready: { writes: false, readerAgeMs: 9 } }),
      expected: [],
    },
  ],
  'readers-stale': [
    { says: 'a moment', given: process({ ready: { writes: true, readerAgeMs: 3_000 } }), expected: [] },
    { says: 'wedged', given: process({ ready: { writes: true, readerAgeMs: 6_000 } }), expected: [['hs1', 'page']] },
    {
      says: 'hardly better',
      given: process({ ready: { writes: true, readerAgeMs: 3_000 } }),
      raised: ['hs1'],
      expected: [['hs1', 'page']],
    },
  ],
  'event-loop-slow': [
    { says: 'busy', given: process({ eventLoopDelayMs: 200 }), expected: [] },
    { says: 'slow', given: process({ eventLoopDelayMs: 700 }), expected: [['hs1', 'warning']] },
    {
      says: 'hardly better',
      given: process({ eventLoopDelayMs: 300 }),
      raised: ['hs1'],
      expected: [['hs1', 'warning']],
    },
    { says: 'stands', given: process({ eventLoopDelayMs: 6_000 }), expected: [['hs1', 'page']] },
  ],
  'log-hole': [{ says: 'one', given: process({ logHoles: 1 }), expected: [['hs1', 'page']], losesData: true }],
  'write-probe-refused': [
    { says: 'one missed', given: canary({ refusedForMs: 6_000 }), expected: [] },
    { says: 'refused', given: canary({ refusedForMs: 12_000, why: '503' }), expected: [['shard 0', 'page']] },
  ],
  'write-probe-unseen': [
    { says: 'a moment', given: canary({ unseenForMs: 4_000 }), expected: [] },
    { says: 'wedged', given: canary({ unseenForMs: 12_000 }), expected: [['shard 0', 'page']] },
  ],
  'message-lost': [
    { says: 'one', given: canary({ lostMessages: 1 }), expected: [['shard 0', 'page']], losesData: true },
  ],
  'database-down': [
    { says: 'a moment', given: { postgres: { silentForMs: 3_000 } }, expected: [] },
    { says: 'down', given: { postgres: { silentForMs: 6_000, why: 'refused' } }, expected: [['', 'page']] },
  ],
  'checksums-wrong': [
    { says: 'one', given: primary({ checksumFailures: 1 }), expected: [['', 'page']], losesData: true },
  ],
  'replica-lost': [
    { says: 'a moment', given: primary({ missingReplicas: [{ name: 'db2', forMs: 5_000 }] }), expected: [] },
    {
      says: 'early',
      given: primary({ missingReplicas: [{ name: 'db2', forMs: 20_000 }] }),
      expected: [['db2', 'warning']],
    },
    {
      says: 'lost',
      given: primary({ missingReplicas: [{ name: 'db2', forMs: 61_000 }] }),
      expected: [['db2', 'page']],
    },
  ],
  'slot-running-out': [
    {
      says: 'followed, however much is written',
      given: slot({ isActive: true, safeBytes: falling(9 * gib, gib, 4 * minuteMs) }),
      expected: [],
    },
    {
      says: 'hours are left',
      given: slot({ isActive: false, safeBytes: falling(9 * gib, gib / 20, 4 * minuteMs) }),
      expected: [['db2', 'warning']],
    },
    {
      says: 'minutes are left',
      given: slot({ isActive: false, safeBytes: falling(9 * gib, gib, 4 * minuteMs) }),
      expected: [['db2', 'page']],
    },
    {
      says: 'little is left, whatever the pace',
      given: slot({ retainedBytes: 9 * gib, safeBytes: [{ atMs: 0, value: gib }] }),
      expected: [['db2', 'page']],
    },
    { says: 'lost', given: slot({ walStatus: 'lost' }), expected: [['db2', 'page']] },
    {
      says: 'nothing bounds it',
      given: slot({ isActive: false, retainedBytes: 2 * gib, safeBytes: [] }),
      expected: [['db2', 'warning']],
    },
    {
      says: 'nothing bounds it, and much is held',
      given: slot({ isActive: false, retainedBytes: 20 * gib, safeBytes: [] }),
      expected: [['db2', 'page']],
    },
  ],
  'replication-lag': [
    {
      says: 'seconds',
      given: primary({ replicas: [{ name: 'db2', isSynchronous: true, lagBytes: 9, lagMs: 2_000, silentForMs: 0 }] }),
      expected: [],
    },
    {
      says: 'a minute',
      given: primary({
        replicas: [{ name: 'db2', isSynchronous: true, lagBytes: 9, lagMs: minuteMs, silentForMs: 0 }],
      }),
      expected: [['db2', 'warning']],
    },
    {
      says: 'much, and no time is known',
      given: primary({ replicas: [{ name: 'db2', isSynchronous: false, lagBytes: gib, silentForMs: 0 }] }),
      expected: [['db2', 'warning']],
    },
    {
      says: 'minutes',
      given: primary({
        replicas: [{ name: 'db2', isSynchronous: false, lagBytes: gib, lagMs: 6 * minuteMs, silentForMs: 0 }],
      }),
      expected: [['db2', 'page']],
    },
    {
      says: 'connected and silent',
      given: primary({ replicas: [{ name: 'db2', isSynchronous: true, lagBytes: 0, silentForMs: 2 * minuteMs }] }),
      expected: [['db2', 'warning']],
    },
  ],
  'slot-idle': [
    { says: 'followed', given: slot({ isActive: true, inactiveForMs: 0 }), expected: [] },
    { says: 'an afternoon', given: slot({ isActive: false, inactiveForMs: 5 * hourMs }), expected: [] },
    { says: 'left over', given: slot({ isActive: false, inactiveForMs: 25 * hourMs }), expected: [['db2', 'warning']] },
  ],
  'archive-failing': [
    { says: 'one attempt', given: primary({ archiver: { isOn: true, failingForMs: 20_000 } }), expected: [] },
    {
      says: 'minutes',
      given: primary({ archiver: { isOn: true, failingForMs: 2 * minuteMs } }),
      expected: [['', 'warning']],
    },
    {
      says: 'long',
      given: primary({ archiver: { isOn: true, failingForMs: 11 * minuteMs } }),
      expected: [['', 'page']],
    },
    { says: 'switched off', given: primary({ archiver: { isOn: false, failingForMs: dayMs } }), expected: [] },
  ],
  'connections-running-out': [
    { says: 'many', given: primary({ connections: { used: 75, limit: 100 } }), expected: [] },
    {
      says: 'hardly better',
      given: primary({ connections: { used: 75, limit: 100 } }),
      raised: [''],
      expected: [['', 'warning']],
    },
    { says: 'most', given: primary({ connections: { used: 82, limit: 100 } }), expected: [['', 'warning']] },
    { says: 'all', given: primary({ connections: { used: 97, limit: 100 } }), expected: [['', 'page']] },
  ],
  'transaction-open-long': [
    {
      says: 'a long one',
      given: primary({ oldestTransaction: { ageMs: 20 * minuteMs, application: 'psql' } }),
      expected: [['', 'warning']],
    },
    {
      says: 'forgotten',
      given: primary({ oldestTransaction: { ageMs: 4 * hourMs, application: 'psql' } }),
      expected: [['', 'page']],
    },
    {
      says: 'prepared a moment ago',
      given: primary({ oldestPrepared: { ageMs: minuteMs, name: 'two-phase' } }),
      expected: [],
    },
    {
      says: 'prepared and left',
      given: primary({ oldestPrepared: { ageMs: 11 * minuteMs, name: 'two-phase' } }),
      expected: [['prepared', 'warning']],
    },
    {
      says: 'prepared and forgotten',
      given: primary({ oldestPrepared: { ageMs: dayMs, name: 'two-phase' } }),
      expected: [['prepared', 'page']],
    },
  ],
  'table-bloated': [
    { says: 'mostly dead', given: dead(0.6, gib), expected: [['public.event', 'warning']] },
    { says: 'mostly dead and small', given: dead(0.9, 50 * 1024 ** 2), expected: [] },
    { says: 'some of it', given: dead(0.4, gib), expected: [] },
    {
      says: 'some of it, while it is being cleared up',
      ...{ given: dead(0.4, gib), raised: ['public.event'], expected: [['public.event', 'warning']] },
    },
  ],
  'wraparound-near': [
    { says: 'ordinary', given: primary({ transactionIdAge: 250_000_000 }), expected: [] },
    { says: 'too many', given: primary({ transactionIdAge: 700_000_000 }), expected: [['', 'warning']] },
    { says: 'near', given: primary({ transactionIdAge: 1_500_000_000 }), expected: [['', 'page']] },
    { says: 'many rows locked', given: primary({ multixactAge: 600_000_000 }), expected: [['multixact', 'warning']] },
    {
      says: 'too many rows locked',
      given: primary({ multixactAge: 1_400_000_000 }),
      expected: [['multixact', 'page']],
    },
  ],
  'patroni-paused': [
    { says: 'a moment', given: cluster({ pausedForMs: 30_000 }), expected: [] },
    { says: 'work', given: cluster({ pausedForMs: 2 * minuteMs }), expected: [['', 'warning']] },
    { says: 'forgotten', given: cluster({ pausedForMs: 5 * hourMs }), expected: [['', 'page']] },
  ],
  'cluster-leaderless': [
    { says: 'a look between two', given: cluster({ leaderlessForMs: 1 }), expected: [] },
    { says: 'a take-over', given: cluster({ leaderlessForMs: 20_000 }), expected: [['', 'warning']] },
    { says: 'no take-over', given: cluster({ leaderlessForMs: 45_000 }), expected: [['', 'page']] },
    { says: 'none answers, so nothing is known', given: { patroni: { silent: [] } }, expected: [] },
  ],
  'cluster-member-unwell': [
    { says: 'a restart', given: member({ state: 'starting', unwellForMs: 10_000 }), expected: [] },
    { says: 'down', given: member({ state: 'stopped', unwellForMs: 30_000 }), expected: [['db-2', 'warning']] },
    { says: 'off', given: member({ state: 'gone', unwellForMs: 11 * minuteMs }), expected: [['db-2', 'page']] },
    {
      says: 'on a history that is no more',
      given: member({ state: 'running', unwellForMs: 30_000, isOnOldTimeline: true }),
      expected: [['db-2', 'warning']],
    },
    {
      says: 'its Patroni is silent',
      given: { patroni: { ...soundValues.patroni, silent: [{ place: 'db-2:8009', forMs: 30_000, why: 'refused' }] } },
      expected: [['Patroni at db-2:8009', 'warning']],
    },
  ],
  'etcd-unwell': [
    { says: 'one, for a moment', given: etcd({ silentForMs: 10_000 }), expected: [] },
    { says: 'one', given: etcd({ silentForMs: 30_000 }), expected: [['db-1:2379', 'warning']] },
    { says: 'two, for a moment', given: etcd({ silentForMs: 3_000 }, { silentForMs: 4_000 }), expected: [] },
    {
      says: 'two',
      given: etcd({ silentForMs: hourMs }, { silentForMs: 10_000 }),
      expected: [['majority', 'warning']],
    },
    {
      says: 'one is off and one reaches no majority',
      given: etcd({ silentForMs: hourMs }, { unwellForMs: 30_000 }),
      expected: [['majority', 'page']],
    },
    {
      says: 'full',
      given: etcd({ unwellForMs: 9_000, alarms: ['NOSPACE'] }, { unwellForMs: 9_000, alarms: ['NOSPACE'] }),
      expected: [['NOSPACE', 'page']],
    },
  ],
  'disk-filling': [
    {
      says: 'a burst that ends long before the disk does',
      given: volume({ availableBytes: falling(60 * gib, 0.1 * gib, 4 * minuteMs) }),
      expected: [],
    },
    {
      says: 'full in under an hour at the pace of the last minutes',
      given: volume({ availableBytes: falling(30 * gib, gib, 4 * minuteMs) }),
      expected: [[diskName, 'page']],
    },
    {
      says: 'full in under two days at the pace of the last hours',
      given: volume({ availableBytes: falling(30 * gib, gib / 60, 6 * hourMs) }),
      expected: [[diskName, 'warning']],
    },
    {
      says: 'full in under four hours at the pace of the last hours',
      given: volume({ availableBytes: falling(12 * gib, gib / 15, 6 * hourMs) }),
      expected: [[diskName, 'page']],
    },
    {
      says: 'logs of a new database that grow up to their bound',
      given: volume({
        availableBytes: falling(30 * gib, gib, 4 * minuteMs),
        besidesLogsBytes: falling(29 * gib, gib / 1024, 4 * minuteMs),
      }),
      expected: [],
    },
    {
      says: 'logs that would not have room at their bound, and are far from it',
      given: volume({
        availableBytes: falling(20 * gib, gib / 1024, 4 * minuteMs),
        besidesLogsBytes: falling(-gib, gib / 1024, 4 * minuteMs),
      }),
      expected: [],
    },
    {
      says: 'logs that would not have room at their bound, and come nearer',
      given: volume({
        availableBytes: falling(20 * gib, gib, 4 * minuteMs),
        besidesLogsBytes: falling(-gib, gib / 1024, 4 * minuteMs),
      }),
      expected: [[diskName, 'page']],
    },
    {
      says: 'nearly full and still',
      given: volume({ availableBytes: [{ atMs: 0, value: 8 * gib }] }),
      expected: [[diskName, 'warning']],
    },
    { says: 'full', given: volume({ availableBytes: [{ atMs: 0, value: 0 }] }), expected: [[diskName, 'page']] },
    {
      says: 'hardly better',
      given: volume({ availableBytes: [{ atMs: 0, value: 11 * gib }] }),
      raised: [diskName],
      expected: [[diskName, 'warning']],
    },
  ],
  'volume-unseen': [
    { says: 'a moment', given: volume({ unseen: { forMs: 20_000, why: 'slow' } }), expected: [] },
    { says: 'long', given: volume({ unseen: { forMs: 40_000, why: 'gone' } }), expected: [[diskName, 'warning']] },
    {
      says: 'the database’s, for longer',
      given: volume({ unseen: { forMs: 700_000, why: 'gone' } }),
      expected: [[diskName, 'page']],
    },
    {
      says: 'another one, for longer',
      given: volume({ holds: 'archive', path: '/mnt', unseen: { forMs: 700_000, why: 'gone' } }),
      expected: [['archive at /mnt', 'warning']],
    },
  ],
  'inodes-running-out': [
    { says: 'few', given: volume({ inodes: { available: 8, total: 100 } }), expected: [[diskName, 'warning']] },
    { says: 'none', given: volume({ inodes: { available: 0, total: 100 } }), expected: [[diskName, 'page']] },
    { says: 'made as needed', given: volume({ inodes: { available: 0, total: 0 } }), expected: [] },
  ],
  'volume-read-only': [{ says: 'a broken disk', given: volume({ isReadOnly: true }), expected: [[diskName, 'page']] }],
  'clock-off': [
    { says: 'a moment', given: clock({ offsetMs: 700 }), expected: [] },
    {
      says: 'not right yet',
      given: clock({ offsetMs: 700 }),
      raised: ['this machine'],
      expected: [['this machine', 'warning']],
    },
    { says: 'off', given: clock({ offsetMs: -1_500 }), expected: [['this machine', 'warning']] },
    { says: 'nine minutes slow', given: clock({ offsetMs: -540_000 }), expected: [['this machine', 'page']] },
    { says: 'nine minutes fast', given: clock({ offsetMs: 540_000 }), expected: [['this machine', 'page']] },
  ],
  'clock-stepped': [
    { says: 'a leap second', given: clock({ step: { byMs: 900, agoMs: 0 } }), expected: [] },
    {
      says: 'a hand',
      given: clock({ step: { byMs: 540_000, agoMs: 5_000 } }),
      expected: [['this machine', 'warning']],
    },
    { says: 'long ago', given: clock({ step: { byMs: 540_000, agoMs: hourMs } }), expected: [] },
  ],
  'clock-unkept': [
    { says: 'nothing keeps it', given: clock({ isSynchronised: false }), expected: [['this machine', 'warning']] },
    { says: 'of another machine nothing is known', given: { clocks: [{ name: 'hs2', offsetMs: 0 }] }, expected: [] },
    {
      says: 'nothing here says',
      given: { clocks: [{ name: 'this machine', offsetMs: 0, isUnknown: true }] },
      expected: [['this machine', 'notice']],
    },
  ],
  'route-lost': [
    {
      says: 'gone',
      given: network({ missingRoutes: [{ route: '10.1.0.0/16', forMs: 1 }] }),
      expected: [['10.1.0.0/16', 'page']],
    },
  ],
  'address-lost': [
    {
      says: 'gone',
      given: network({ missingAddresses: [{ address: '10.1.0.2', forMs: 1 }] }),
      expected: [['10.1.0.2', 'page']],
    },
  ],
  'name-unresolved': [
    { says: 'once', given: network({ unresolvedNames: [{ name: 'db1', forMs: 5_000, why: 'x' }] }), expected: [] },
    {
      says: 'seconds',
      given: network({ unresolvedNames: [{ name: 'db1', forMs: 15_000, why: 'x' }] }),
      expected: [['db1', 'warning']],
    },
    {
      says: 'long',
      given: network({ unresolvedNames: [{ name: 'db1', forMs: 61_000, why: 'x' }] }),
      expected: [['db1', 'page']],
    },
  ],
  'own-name-unreachable': [
    { says: 'one check', given: reach({ failedChecks: 1, failingForMs: 1, why: 'x' }), expected: [] },
    {
      says: 'two',
      given: reach({ failedChecks: 2, failingForMs: minuteMs, why: 'x' }),
      expected: [['example.org', 'warning']],
    },
    {
      says: 'long',
      given: reach({ failedChecks: 16, failingForMs: 15 * minuteMs, why: 'x' }),
      expected: [['example.org', 'page']],
    },
    {
      says: 'never found from here',
      given: reach({ failedChecks: 99, failingForMs: dayMs, wasReached: false, why: 'x' }),
      expected: [['example.org', 'warning']],
    },
    {
      says: 'found once',
      given: reach({ goodChecks: 1 }),
      raised: ['example.org'],
      expected: [['example.org', 'warning']],
    },
    {
      says: 'lost again at once',
      given: reach({ failedChecks: 1, failingForMs: 1, why: 'x' }),
      raised: ['example.org'],
      expected: [['example.org', 'warning']],
    },
    { says: 'found twice', given: reach({ goodChecks: 2 }), raised: ['example.org'], expected: [] },
    { says: 'found for the first time', given: reach({ goodChecks: 1 }), expected: [] },
    { says: 'one doubt', given: reach({ goodChecks: 1, doubtfulChecks: 1, why: 'x' }), expected: [] },
    {
      says: 'a certificate that ends',
      given: reach({ goodChecks: 9, doubtfulChecks: 2, why: 'x' }),
      expected: [['example.org', 'warning']],
    },
    { says: 'the check is slow', given: reach({ unseenForMs: 10 * minuteMs, why: 'x' }), expected: [] },
    {
      says: 'the check ends no more',
      given: reach({ unseenForMs: 30 * minuteMs, why: 'x' }),
      expected: [['check', 'warning']],
    },
  ],
  'peer-unreachable': [
    { says: 'once', given: network({ unreachablePeers: [{ peer: 'b1:22', forMs: 5_000, why: 'x' }] }), expected: [] },
    {
      says: 'seconds',
      given: network({ unreachablePeers: [{ peer: 'b1:22', forMs: 15_000, why: 'x' }] }),
      expected: [['b1:22', 'warning']],
    },
    {
      says: 'long',
      given: network({ unreachablePeers: [{ peer: 'b1:22', forMs: 46_000, why: 'x' }] }),
      expected: [['b1:22', 'page']],
    },
  ],
  'lease-ending': [
    { says: 'fresh', given: network({ leases: [{ address: 'a', remainingMs: 60, lifetimeMs: 100 }] }), expected: [] },
    {
      says: 'not renewed',
      given: network({ leases: [{ address: 'a', remainingMs: 20, lifetimeMs: 100 }] }),
      expected: [['a', 'warning']],
    },
    {
      says: 'over',
      given: network({ leases: [{ address: 'a', remainingMs: -1, lifetimeMs: 100 }] }),
      expected: [['a', 'page']],
    },
  ],
  'bridge-silent': [
    { says: 'a slow network', given: bridge({ canaryAgeMs: 15_000 }), expected: [] },
    { says: 'late', given: bridge({ canaryAgeMs: 18_000 }), expected: [[bridgeName, 'warning']] },
    {
      says: 'a bridge that begins, or does not say how often it sends one',
      given: { bridges: [{ ...toldLate, canaryAgeMs: 40_000 }] },
      expected: [],
    },
    { says: 'one way only', given: bridge({ canaryAgeMs: 61_000 }), expected: [[bridgeName, 'page']] },
    { says: 'stopped on purpose', given: bridge({ canaryAgeMs: hourMs, isPaused: true }), expected: [] },
  ],
  'bridge-stuck': [
    { says: 'a moment', given: bridge({ waiting: 5, oldestWaitingMs: 9_000 }), expected: [] },
    { says: 'slow', given: bridge({ waiting: 5, oldestWaitingMs: 16_000 }), expected: [[bridgeName, 'warning']] },
    {
      says: 'hung',
      given: bridge({ waiting: 5, oldestWaitingMs: 76_000, lastError: 'timed out' }),
      expected: [[bridgeName, 'page']],
    },
    {
      says: 'paused',
      given: bridge({ waiting: 5, oldestWaitingMs: hourMs, isPaused: true }),
      expected: [[bridgeName, 'notice']],
    },
    {
      says: 'held back by the homeserver',
      given: bridge({ waiting: 5, oldestWaitingMs: hourMs, isHeldBack: true }),
      expected: [[bridgeName, 'page']],
    },
  ],
  'certificate-ending': [
    {
      says: 'two weeks',
      given: { certificates: [{ place: 'a', remainingMs: 10 * dayMs }] },
      expected: [['a', 'warning']],
    },
    { says: 'tomorrow', given: { certificates: [{ place: 'a', remainingMs: dayMs }] }, expected: [['a', 'page']] },
    { says: 'over', given: { certificates: [{ place: 'a', remainingMs: -dayMs }] }, expected: [['a', 'page']] },
    {
      says: 'another name',
      given: { certificates: [{ place: 'a', remainingMs: 90 * dayMs, problem: 'x' }] },
      expected: [['a', 'page']],
    },
  ],
  'backup-copy-late': [
    {
      says: 'a moment',
      given: { backups: { ...soundValues.backups, bucketBehindMs: 5 * minuteMs, mediaBehindMs: 30 * minuteMs } },
      expected: [],
    },
    {
      says: 'the bucket is away',
      given: { backups: { ...soundValues.backups, bucketBehindMs: 20 * minuteMs } },
      expected: [['bucket', 'warning']],
    },
    {
      says: 'both for long',
      given: { backups: { ...soundValues.backups, bucketBehindMs: 2 * hourMs, mediaBehindMs: 2 * hourMs } },
      expected: [
        ['bucket', 'page'],
        ['media', 'warning'],
      ],
    },
    {
      says: 'media for a day',
      given: { backups: { ...soundValues.backups, mediaBehindMs: 25 * hourMs } },
      expected: [['media', 'page']],
    },
  ],
  'backup-too-old': [
    {
      says: 'late',
      given: { backups: { ...soundValues.backups, newestAgeMs: 30 * hourMs } },
      expected: [['', 'warning']],
    },
    {
      says: 'much too late',
      given: { backups: { ...soundValues.backups, newestAgeMs: 60 * hourMs } },
      expected: [['', 'page']],
    },
    {
      says: 'none',
      given: { backups: { allowedAgeMs: dayMs, allowedUnverifiedMs: 30 * dayMs } },
      expected: [['', 'warning']],
    },
  ],
  'backup-gap': [
    { says: 'just found', given: backups({ gap: { logs: 3, forMs: 0 } }), expected: [['', 'warning']] },
    {
      says: 'not closed by a new backup',
      given: backups({ gap: { logs: 3, forMs: 2 * hourMs } }),
      expected: [['', 'page']],
    },
  ],
  'media-damaged': [
    { says: 'one', given: backups({ damagedFiles: 1 }), expected: [['', 'page']], losesData: true },
    { says: 'all there are counted', given: backups({ damagedFiles: 20 }), expected: [['', 'page']], losesData: true },
  ],
  'backup-unverified': [
    { says: 'nobody here knows', given: { backups: { newestAgeMs: hourMs, allowedAgeMs: dayMs } }, expected: [] },
    {
      says: 'never',
      given: { backups: { newestAgeMs: hourMs, allowedAgeMs: dayMs, allowedUnverifiedMs: 30 * dayMs } },
      expected: [['', 'warning']],
    },
    {
      says: 'long ago',
      given: { backups: { ...soundValues.backups, verifiedAgoMs: 40 * dayMs } },
      expected: [['', 'warning']],
    },
  ],
  'federation-stuck': [
    {
      says: 'a few servers are away',
      given: { federation: { ...soundValues.federation, destinationsBehind: 9 } },
      expected: [],
    },
    {
      says: 'half of the world is',
      given: { federation: { ...soundValues.federation, destinationsBehind: 20 } },
      expected: [['sending', 'page']],
    },
    { says: 'one waits for no reason', given: stuck(9 * minuteMs), expected: [['queues', 'warning']] },
    { says: 'one has only begun to', given: stuck(2.5 * minuteMs), expected: [] },
    {
      says: 'one that was reported has moved a little',
      ...{ given: stuck(2.5 * minuteMs), raised: ['queues'], expected: [['queues', 'warning']] },
    },
    { says: 'one does for half an hour', given: stuck(30 * minuteMs), expected: [['queues', 'page']] },
    {
      says: 'several do',
      ...{ given: stuck(...[1, 1, 1, 1, 1].map(() => 4 * minuteMs)), expected: [['queues', 'page']] },
    },
    {
      says: 'what came is not worked off',
      given: { federation: { ...soundValues.federation, receivedWaiting: 3, oldestReceivedMs: 3 * minuteMs } },
      expected: [['receiving', 'warning']],
    },
    {
      says: 'and never is',
      given: { federation: { ...soundValues.federation, receivedWaiting: 3, oldestReceivedMs: 11 * minuteMs } },
      expected: [['receiving', 'page']],
    },
  ],
  'turn-failing': [
    {
      says: 'one of two',
      given: { turn: [...soundValues.turn, { uri: 'turn:2', failingForMs: hourMs }] },
      expected: [['turn:2', 'warning']],
    },
    { says: 'all', given: { turn: [{ uri: 'turn:1', failingForMs: hourMs }] }, expected: [['turn:1', 'page']] },
  ],
  'push-failing': [
    {
      says: 'minutes',
      given: { push: [{ gateway: 'p', failingForMs: 6 * minuteMs, waiting: 4 }] },
      expected: [['p', 'warning']],
    },
    {
      says: 'an hour',
      given: { push: [{ gateway: 'p', failingForMs: 2 * hourMs, waiting: 4 }] },
      expected: [['p', 'page']],
    },
  ],
};

/** What all rules say of one round, as `rule` → `[subject, severity]`. */
function judgeAll(observations: Observations, raised: readonly string[] = []) {
  return rules.map((rule) => {
    const look = { atMs: observations.atMs, isRaised: (subject: string) => raised.includes(subject) };
    const conditions = rule.judge(observations, look);
    assert.notEqual(conditions, 'unknown');
    return { rule: rule.name, conditions: conditions === 'unknown' ? [] : conditions };
  });
}

for (const [name, table] of Object.entries(cases)) {
  for (const { says, given, expected, raised = [], losesData = false } of table) {
    test(`${name}: ${says}`, () => {
      const judged = judgeAll(observe(hourMs, given), raised).find(({ rule }) => rule === name);
      const conditions = judged?.conditions ?? [];
      assert.deepEqual(
        conditions.map(({ subject, severity }) => [subject, severity]),
        expected,
      );
      for (const condition of conditions) {
        assert.equal(condition.losesData ?? false, losesData);
        assert.match(condition.summary, /^\S.{5,300}\S$/);
      }
    });
  }
}

test('nothing is wrong with a server that is well', () => {
  assert.deepEqual(
    judgeAll(observe(hourMs)).filter(({ conditions }) => conditions.length > 0),
    [],
  );
});

test('source-unseen: a source that cannot be looked at is told, and its rules say that they know nothing', () => {
  const observations = { atMs: 0, sources: { postgres: { kind: 'failed', why: 'x', forMs: 30_000 } as const } };
  const unseen = rules.find(({ name }) => name === 'source-unseen');
  const look = { atMs: 0, isRaised: () => false };
  assert.deepEqual(
    [unseen?.judge(observations, look), rules.find(({ name }) => name === 'database-down')?.judge(observations, look)],
    [[{ subject: 'postgres', severity: 'warning', summary: 'nothing is known of postgres for 30 s: x' }], 'unknown'],
  );
});

test('every rule has its table, a case in which it says something, a name of its own, and causes that exist', () => {
  const names = rules.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.filter((name) => name !== 'source-unseen').sort(), Object.keys(cases).sort());
  for (const [name, table] of Object.entries(cases))
    assert.ok(
      table.some(({ expected }) => expected.length > 0),
      name,
    );
  for (const rule of rules) for (const cause of rule.causes) assert.ok(names.includes(cause.rule), cause.rule);
});

test('a rule names all severities that it can have, and whether data is lost', () => {
  for (const rule of rules.filter(({ name }) => name !== 'source-unseen')) {
    const table = cases[rule.name] ?? [];
    const seen = new Set(table.flatMap(({ expected }) => expected.map(([, severity]) => severity)));
    assert.deepEqual([...seen].sort(), [...rule.severities].sort(), rule.name);
    assert.equal(
      table.some(({ losesData }) => losesData),
      rule.losesData,
      rule.name,
    );
  }
});

test('causes make no circle', () => {
  const above = new Map(rules.map(({ name, causes }) => [name, causes.map(({ rule }) => rule)]));
  const climb = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), [...path, name].join(' ← '));
    for (const cause of above.get(name) ?? []) climb(cause, [...path, name]);
  };
  for (const rule of rules) climb(rule.name, []);
});

test('the name of an alert has its rule and its subject', () => {
  assert.deepEqual([alertKey('a', ''), alertKey('a', 'b')], ['a', 'a b']);
});
