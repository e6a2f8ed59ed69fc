import type { Observations, SourceName, SourceValues } from '../observations/observations.ts';

const hourMs = 3_600_000;

/** What every source says of a server that is well. */
export const soundValues: SourceValues = {
  processes: [
    { name: 'hs1', silentForMs: 0, ready: { writes: true, readerAgeMs: 20 }, eventLoopDelayMs: 3, logHoles: 0 },
    { name: 'hs2', silentForMs: 0, ready: { writes: true, readerAgeMs: 30 }, eventLoopDelayMs: 4, logHoles: 0 },
  ],
  canaries: [{ shard: 0, refusedForMs: 0, unseenForMs: 0, roundTripMs: 12, lostMessages: 0 }],
  postgres: {
    silentForMs: 0,
    primary: {
      versionNumber: 180_004,
      missingReplicas: [],
      replicas: [{ name: 'db2', isSynchronous: false, lagBytes: 1_000, lagMs: 5, silentForMs: 900 }],
      slots: [
        {
          ...{ name: 'db2', isActive: true, inactiveForMs: 0, retainedBytes: 1_000_000, walStatus: 'reserved' },
          safeBytes: [{ atMs: 0, value: 10 * 1024 ** 3 }],
        },
      ],
      archiver: { isOn: true, failingForMs: 0 },
      connections: { used: 20, limit: 100 },
      oldestTransaction: { ageMs: 50, application: 'holdfast' },
      transactionIdAge: 50_000_000,
      multixactAge: 1_000_000,
      deadRows: [{ table: 'public.event', share: 0.3, sizeBytes: 40 * 1024 ** 3 }],
      checksumFailures: 0,
    },
  },
  patroni: {
    silent: [],
    cluster: {
      ...{ pausedForMs: 0, leaderlessForMs: 0 },
      members: [
        { name: 'db-1', state: 'running', unwellForMs: 0, isOnOldTimeline: false },
        { name: 'db-2', state: 'streaming', unwellForMs: 0, isOnOldTimeline: false },
      ],
    },
  },
  etcd: ['db-1:2379', 'db-2:2379', 'db-3:2379'].map((place) => {
    return { place, silentForMs: 0, unwellForMs: 0, alarms: [] };
  }),
  volumes: [
    {
      ...{ path: '/var/lib/postgresql', holds: 'database', sizeBytes: 100 * 1024 ** 3, isReadOnly: false },
      availableBytes: [{ atMs: 0, value: 60 * 1024 ** 3 }],
      inodes: { available: 900_000, total: 1_000_000 },
    },
  ],
  clocks: [
    { name: 'this machine', offsetMs: 3, isSynchronised: true, keptBy: 'chrony' },
    { name: 'hs1', offsetMs: -8 },
  ],
  network: { missingRoutes: [], missingAddresses: [], unresolvedNames: [], unreachablePeers: [], leases: [] },
  certificates: [{ place: 'matrix.example.org:443', remainingMs: 60 * 24 * hourMs }],
  bridges: (['from Matrix', 'to Matrix'] as const).map((direction) => ({
    ...{ name: 'irc-bridge libera', direction, canaryAgeMs: 4_000, toldAfterMs: 17_000 },
    ...{ allowedSilenceMs: 60_000 },
    ...{ oldestWaitingMs: 0, waiting: 0 },
  })),
  federation: { destinationsBehind: 1, destinationsKnown: 40, stuck: [], receivedWaiting: 0, oldestReceivedMs: 0 },
  reachability: {
    ...{ serverName: 'example.org', failedChecks: 0, failingForMs: 0, goodChecks: 5, doubtfulChecks: 0 },
    ...{ wasReached: true, unseenForMs: 0 },
  },
  backups: {
    ...{ newestAgeMs: 10 * hourMs, allowedAgeMs: 26 * hourMs },
    ...{ verifiedAgoMs: 50 * hourMs, allowedUnverifiedMs: 31 * 24 * hourMs },
  },
  turn: [{ uri: 'turn:turn.example.org', failingForMs: 0 }],
  push: [{ gateway: 'push.example.org', failingForMs: 0, waiting: 0 }],
};

/** One round in which all sources were seen; `changed` says what is not as it should be. */
export function observe(atMs: number, changed: Partial<SourceValues> = {}): Observations {
  const values = Object.entries({ ...soundValues, ...changed }) as [SourceName, SourceValues[SourceName]][];
  return {
    atMs,
    sources: Object.fromEntries(values.map(([name, value]) => [name, { kind: 'seen', value }])),
  };
}
