import type { Sql } from '../../platform/database/open-database.ts';

export interface DatabaseState {
  readonly version: string;
  readonly sizeBytes: number;
  readonly startedAt: Date;
  /** True: a standby, which takes no writes. */
  readonly isStandby: boolean;
  readonly maxConnections: number;
  readonly synchronousStandbys: string;
  /** Share of the transaction numbers that are used up before PostgreSQL stops to protect itself. */
  readonly wraparoundShare: number;
}

export async function readDatabaseState(sql: Sql): Promise<DatabaseState> {
  const rows = await sql<DatabaseState[]>`
    SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
      pg_database_size(current_database()) AS "sizeBytes", pg_postmaster_start_time() AS "startedAt",
      pg_is_in_recovery() AS "isStandby", current_setting('max_connections')::int AS "maxConnections",
      current_setting('synchronous_standby_names') AS "synchronousStandbys",
      (SELECT max(age(datfrozenxid)) FROM pg_database)::float8 / 2147483648 AS "wraparoundShare"`;
  if (!rows[0]) throw new Error('the database told nothing of itself');
  return rows[0];
}

/** Connections of one application in one state, over all databases of the server. */
export interface ConnectionCount {
  readonly application: string;
  readonly state: string;
  readonly count: number;
  /** Age of the oldest transaction among them, in seconds. */
  readonly oldestTransactionSeconds: number | null;
}

export async function readConnections(sql: Sql): Promise<ConnectionCount[]> {
  return await sql<ConnectionCount[]>`
    SELECT coalesce(nullif(application_name, ''), 'unnamed') AS application, coalesce(state, 'unknown') AS state,
      count(*)::int AS count,
      extract(epoch FROM max(clock_timestamp() - xact_start))::float8 AS "oldestTransactionSeconds"
    FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50`;
}

export interface Replica {
  readonly name: string;
  readonly address: string | null;
  readonly state: string | null;
  /** `sync`, `quorum`, `potential` or `async`. */
  readonly kind: string | null;
  /** Of the log that it has not replayed. */
  readonly lagBytes: number | null;
  readonly lagSeconds: number | null;
}

/** What follows this database. On a standby itself: what follows that. */
export async function readReplicas(sql: Sql): Promise<Replica[]> {
  return await sql<Replica[]>`
    SELECT application_name AS name, host(client_addr) AS address, state, sync_state AS kind,
      CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 END AS "lagBytes",
      extract(epoch FROM replay_lag)::float8 AS "lagSeconds"
    FROM pg_stat_replication ORDER BY application_name LIMIT 50`;
}

/** A replication slot: as long as nobody reads it, the log grows. */
export interface ReplicationSlot {
  readonly name: string;
  readonly isActive: boolean;
  /** `reserved`, `extended`, `unreserved` or `lost`. */
  readonly status: string | null;
  /** How much of the log it holds back. */
  readonly heldBytes: number | null;
  /** How much may still be written before it is given up; null: no bound. */
  readonly safeBytes: number | null;
}

export async function readSlots(sql: Sql): Promise<ReplicationSlot[]> {
  return await sql<ReplicationSlot[]>`
    SELECT slot_name AS name, active AS "isActive", wal_status AS status,
      CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 END AS "heldBytes",
      safe_wal_size::float8 AS "safeBytes"
    FROM pg_replication_slots ORDER BY slot_name LIMIT 50`;
}

export interface TableSize {
  readonly name: string;
  readonly sizeBytes: number;
  /** As PostgreSQL last estimated. */
  readonly rows: number;
  readonly deadRows: number;
}

/** The largest tables with their indexes. */
export async function readTableSizes(sql: Sql, limit: number): Promise<TableSize[]> {
  return await sql<TableSize[]>`
    SELECT c.relname AS name, pg_total_relation_size(c.oid)::float8 AS "sizeBytes",
      greatest(c.reltuples, 0)::float8 AS rows, coalesce(s.n_dead_tup, 0)::float8 AS "deadRows"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
      LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
    WHERE c.relkind = 'r' ORDER BY pg_total_relation_size(c.oid) DESC LIMIT ${limit}`;
}
