import { startDeadline } from '@holdfast/effects/deadline.ts';
import type {
  PostgresObservation,
  PrimaryFacts,
  ReplicaObservation,
  SlotObservation,
} from '../observations/postgres.ts';
import type { Sample } from '../observations/sample.ts';
import { type BadSince, createBadSince } from './bad-since.ts';
import { describeFailure } from './processes.ts';
import { addSample } from './sample-history.ts';
import type { Source } from './source.ts';

/** Runs one statement and gives its rows. */
export type AskDatabase = (text: string) => Promise<readonly Record<string, unknown>[]>;

export interface PostgresParts {
  readonly ask: AskDatabase;
  /** Replicas that there must be, by their application_name. */
  readonly replicas: readonly string[];
  /** The database's clock, for the monitor's. */
  onDatabaseTime(databaseMs: number): void;
  /** `max_wal_size`: what the database's logs come to before they are used again. */
  onLogLimit(bytes: number): void;
}

/** One statement: at rest the monitor costs the database one query a look. */
const question = `SELECT json_build_object(
  'version', current_setting('server_version_num')::int,
  'standby', pg_is_in_recovery(),
  'nowMs', (extract(epoch FROM clock_timestamp()) * 1000)::float8,
  'mostLogBytes', pg_size_bytes(current_setting('max_wal_size'))::float8,
  'replicas', (SELECT coalesce(json_agg(json_build_object(
      'name', application_name, 'sync', sync_state IN ('sync', 'quorum'), 'state', state,
      'lagBytes', pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8,
      'lagMs', (extract(epoch FROM replay_lag) * 1000)::float8,
      'silentMs', (extract(epoch FROM clock_timestamp() - reply_time) * 1000)::float8)), '[]'::json)
    FROM pg_stat_replication WHERE state <> 'backup'),
  'slots', (SELECT coalesce(json_agg(json_build_object(
      'name', slot_name, 'active', active, 'status', wal_status, 'safe', safe_wal_size::float8,
      'retained', pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8,
      -- PostgreSQL 17 tells since when; of one before, the column is none.
      'idleMs', (extract(epoch FROM clock_timestamp() - (to_jsonb(s) ->> 'inactive_since')::timestamptz) * 1000)::float8)), '[]'::json)
    FROM pg_replication_slots s WHERE NOT temporary),
  'archiver', (SELECT json_build_object('on', current_setting('archive_mode') <> 'off', 'file', last_failed_wal,
      'failing', last_failed_time IS NOT NULL AND last_failed_time > coalesce(last_archived_time, '-infinity'))
    FROM pg_stat_archiver),
  'used', (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'),
  'limit', current_setting('max_connections')::int,
  'oldest', (SELECT json_build_object('ageMs', (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::float8,
      'application', application_name) FROM pg_stat_activity
    WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    ORDER BY xact_start LIMIT 1),
  'prepared', (SELECT json_build_object('name', gid, 'ageMs', (extract(epoch FROM clock_timestamp() - prepared) * 1000)::float8)
    FROM pg_prepared_xacts ORDER BY prepared LIMIT 1),
  'xidAge', (SELECT max(age(datfrozenxid))::float8 FROM pg_database),
  'multixactAge', (SELECT max(mxid_age(datminmxid))::float8 FROM pg_database),
  'dead', (SELECT coalesce(json_agg(json_build_object('table', name, 'share', dead / (dead + live),
      'sizeBytes', pg_table_size(relid)::float8)), '[]'::json)
    FROM (SELECT relid, schemaname || '.' || relname AS name, n_dead_tup::float8 AS dead, n_live_tup::float8 AS live
      FROM pg_stat_user_tables WHERE n_dead_tup >= 10000 AND n_dead_tup * 3 >= n_live_tup
      ORDER BY n_dead_tup DESC LIMIT 5) bloated),
  'checksums', (SELECT coalesce(sum(checksum_failures), 0)::float8 FROM pg_stat_database)
) AS answer`;

/** An answer takes milliseconds. A primary that is gone must have been seen to be gone twice before another one may be there. */
const questionTimeoutMs = 3_000;

interface Answer {
  readonly version: number;
  readonly standby: boolean;
  readonly nowMs: number;
  readonly mostLogBytes: number;
  readonly replicas: {
    name: string;
    sync: boolean;
    state: string;
    lagBytes: number | null;
    lagMs: number | null;
    silentMs: number | null;
  }[];
  readonly slots: {
    name: string;
    active: boolean;
    status: string | null;
    safe: number | null;
    retained: number | null;
    idleMs: number | null;
  }[];
  readonly archiver: { on: boolean; file: string | null; failing: boolean };
  readonly used: number;
  readonly limit: number;
  readonly oldest: { ageMs: number; application: string } | null;
  readonly prepared: { name: string; ageMs: number } | null;
  readonly xidAge: number;
  readonly multixactAge: number;
  readonly dead: PrimaryFacts['deadRows'];
  readonly checksums: number;
}

/** PostgreSQL's primary, and what it says of its replicas, slots and archive. */
export function postgresSource(parts: PostgresParts): Source<'postgres'> {
  const since = createBadSince();
  const known = new Set(parts.replicas);
  let safeBytes = new Map<string, readonly Sample[]>();
  return {
    ...{ name: 'postgres', everyMs: 5_000, timeoutMs: 8_000 },
    async look(deadline, atMs): Promise<PostgresObservation> {
      const own = startDeadline(questionTimeoutMs, 'asking the database', { signal: deadline.signal });
      try {
        const [row] = await own.race(parts.ask(question));
        const answer = row?.['answer'] as Answer;
        if (answer.standby) return silent(since, atMs, 'only a standby answers, which takes no writes');
        since.note('primary', false, atMs);
        parts.onDatabaseTime(answer.nowMs);
        parts.onLogLimit(answer.mostLogBytes);
        for (const { name, state } of answer.replicas) if (state === 'streaming') known.add(name);
        safeBytes = new Map(
          answer.slots.map(({ name, safe }) => {
            const before = safeBytes.get(name) ?? [];
            return [name, safe === null ? [] : addSample(before, { atMs, value: safe })];
          }),
        );
        return { silentForMs: 0, primary: toFacts(answer, { known, since, safeBytes, atMs }) };
      } catch (error) {
        return silent(since, atMs, describeFailure(error));
      } finally {
        own.finish();
      }
    },
  };
}

function silent(since: BadSince, atMs: number, why: string): PostgresObservation {
  // The first failure counts from the look before it at the latest.
  return { silentForMs: Math.max(1, since.note('primary', true, atMs)), why };
}

interface Known {
  readonly known: ReadonlySet<string>;
  readonly since: BadSince;
  readonly safeBytes: ReadonlyMap<string, readonly Sample[]>;
  readonly atMs: number;
}

function toFacts(answer: Answer, { known, since, safeBytes, atMs }: Known): PrimaryFacts {
  const following = new Set(answer.replicas.filter(({ state }) => state === 'streaming').map(({ name }) => name));
  const missing = [...known].map((name) => {
    return { name, forMs: since.note(`replica ${name}`, !following.has(name), atMs), isMissing: !following.has(name) };
  });
  const { file, failing, on } = answer.archiver;
  const failingForMs = since.note('archiver', on && failing, atMs);
  return {
    versionNumber: answer.version,
    missingReplicas: missing.filter(({ isMissing }) => isMissing).map(({ name, forMs }) => ({ name, forMs })),
    replicas: answer.replicas.map(({ name, sync, lagBytes, lagMs, silentMs }): ReplicaObservation => {
      const silentForMs = Math.max(0, silentMs ?? 0);
      return { name, isSynchronous: sync, lagBytes: lagBytes ?? 0, silentForMs, ...(lagMs !== null && { lagMs }) };
    }),
    slots: answer.slots.map(({ name, active, status, retained, idleMs }): SlotObservation => {
      const seenMs = since.note(`slot ${name}`, !active, atMs);
      return {
        ...{ name, isActive: active, inactiveForMs: active ? 0 : Math.max(seenMs, idleMs ?? 0) },
        ...{ retainedBytes: retained ?? 0, safeBytes: safeBytes.get(name) ?? [] },
        walStatus: (status ?? 'reserved') as SlotObservation['walStatus'],
      };
    }),
    archiver: { isOn: on, failingForMs, ...(file !== null && { lastFailedFile: file }) },
    connections: { used: answer.used, limit: answer.limit },
    ...(answer.oldest && { oldestTransaction: answer.oldest }),
    ...(answer.prepared && { oldestPrepared: answer.prepared }),
    transactionIdAge: answer.xidAge,
    multixactAge: answer.multixactAge,
    deadRows: answer.dead,
    checksumFailures: answer.checksums,
  };
}
