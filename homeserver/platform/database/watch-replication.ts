import type { PlatformContext } from '../platform-context.ts';
import { judgeReplication, type ReplicationState, type ReplicationVerdict, safeShareOf } from './judge-replication.ts';
import type { Sql } from './open-database.ts';

const lookMs = 5_000;
const severities = ['well', 'warning', 'page'] as const;

/** Asks the primary for its replicas. What this role may not see is undefined; `pg_monitor` sees everything. */
export async function readReplicationState(sql: Sql): Promise<ReplicationState> {
  const slots = await sql<{ name: string; isActive: boolean; isLost: boolean; safeBytes: number | null }[]>`
    SELECT slot_name AS name, active AS "isActive", wal_status = 'lost' AS "isLost", safe_wal_size::float8 AS "safeBytes"
    FROM pg_replication_slots WHERE slot_type = 'physical' ORDER BY slot_name`;
  const [standbys] = await sql<StandbysRow[]>`
    SELECT count(*)::int AS standbys, count(*) FILTER (WHERE sync_state IN ('sync', 'quorum'))::int AS synchronous,
      max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float8 AS "lagBytes",
      extract(epoch FROM max(replay_lag))::float8 AS "lagSeconds",
      nullif(current_setting('max_slot_wal_keep_size'), '-1') IS NOT NULL AS bounded,
      pg_size_bytes(replace(current_setting('max_slot_wal_keep_size'), '-1', '0'))::float8 AS "keepBytes"
    FROM pg_stat_replication`;
  return {
    slots: slots.map(({ safeBytes, ...slot }) => ({ ...slot, safeBytes: safeBytes ?? undefined })),
    standbys: standbys?.standbys ?? 0,
    synchronousStandbys: standbys?.synchronous ?? 0,
    lagBytes: standbys?.lagBytes ?? undefined,
    lagSeconds: standbys?.lagSeconds ?? undefined,
    slotKeepBytes: standbys?.bounded ? standbys.keepBytes : undefined,
  };
}

interface StandbysRow {
  readonly standbys: number;
  readonly synchronous: number;
  readonly lagBytes: number | null;
  readonly lagSeconds: number | null;
  readonly bounded: boolean;
  readonly keepBytes: number;
}

/**
 * Watches the replicas of the database for as long as the process runs: metrics for whoever pages, and a line in the log
 * at every change. Gives how to end it.
 */
export function startReplicationWatch(context: PlatformContext): () => Promise<void> {
  const ending = new AbortController();
  let state: ReplicationState | undefined;
  let verdict: ReplicationVerdict = { severity: 'well', problems: [] };
  observe(
    context,
    () => state,
    () => verdict,
  );
  const watch = async () => {
    while (!ending.signal.aborted) {
      await context.clock.sleep(lookMs, ending.signal);
      if (ending.signal.aborted) return;
      // While the database is away its last state says nothing.
      state = await readReplicationState(context.database).catch(() => undefined);
      if (!state) continue;
      const before = verdict.problems.join('; ');
      verdict = judgeReplication(state);
      const { severity, problems } = verdict;
      if (problems.join('; ') === before) continue;
      if (severity === 'well') context.log.info({ severity }, 'all replicas of the database are there again');
      else
        context.log[severity === 'page' ? 'error' : 'warn'](
          { severity, problems },
          "the database's replicas are not well",
        );
    }
  };
  const watching = watch();
  return async () => {
    ending.abort();
    await watching;
  };
}

function observe(
  { metrics }: PlatformContext,
  readState: () => ReplicationState | undefined,
  readVerdict: () => ReplicationVerdict,
): void {
  const smallest = (shares: (number | undefined)[]) => {
    const known = shares.filter((share) => share !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  };
  const gauges: readonly [name: string, help: string, read: (state: ReplicationState) => number | undefined][] = [
    ['standbys', 'Replicas that are connected to the primary.', ({ standbys }) => standbys],
    [
      'standbys_synchronous',
      'Those of them that a commit may wait for.',
      ({ synchronousStandbys }) => synchronousStandbys,
    ],
    ['lag_bytes', 'How far the last of them is behind, in bytes of the log.', ({ lagBytes }) => lagBytes],
    ['lag_seconds', 'How far the last of them is behind, in seconds.', ({ lagSeconds }) => lagSeconds],
    ['slots', 'Replication slots.', ({ slots }) => slots.length],
    ['slots_inactive', 'Slots whose replica is away.', ({ slots }) => slots.filter((slot) => !slot.isActive).length],
    ['slots_lost', 'Slots whose log is gone.', ({ slots }) => slots.filter((slot) => slot.isLost).length],
    [
      'slot_safe_share',
      'Of the slot that is nearest to being lost: the share of max_slot_wal_keep_size that may still be written.',
      ({ slots, slotKeepBytes }) => smallest(slots.map(({ safeBytes }) => safeShareOf(safeBytes, slotKeepBytes))),
    ],
    [
      'severity',
      '0: the replicas are well; 1: one is away; 2: its log is about to be lost, or is.',
      () => severities.indexOf(readVerdict().severity),
    ],
  ];
  for (const [name, help, read] of gauges) {
    metrics.observedGauge({
      name: `holdfast_replication_${name}`,
      help,
      read() {
        const state = readState();
        return state && read(state);
      },
    });
  }
}
