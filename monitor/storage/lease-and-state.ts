import { type MonitorState, parseMonitorState } from './monitor-state.ts';
import type { MonitorSql } from './open-monitor-database.ts';

export interface LeaseAnswer {
  /** Who pages, by the database. */
  readonly owner: string;
  /** The database's clock. */
  readonly databaseMs: number;
}

/**
 * Takes or renews the lease of the one monitor that pages, for `leaseMs` of the database's clock; says who has it. A lease
 * that has run out is anybody's.
 */
export async function takeLease(sql: MonitorSql, owner: string, leaseMs: number): Promise<LeaseAnswer> {
  const [row] = await sql<{ owner: string; nowMs: number }[]>`
    WITH taken AS (
      INSERT INTO lease (owner, until) VALUES (${owner}, clock_timestamp() + ${leaseMs}::int * interval '1 millisecond')
      ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, until = excluded.until
      WHERE lease.owner = excluded.owner OR lease.until < clock_timestamp()
      RETURNING owner)
    SELECT coalesce((SELECT owner FROM taken), (SELECT owner FROM lease)) AS owner,
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`;
  return { owner: row?.owner ?? '', databaseMs: row?.nowMs ?? 0 };
}

/** Gives it back, so that another one need not wait for its end. */
export async function releaseLease(sql: MonitorSql, owner: string): Promise<void> {
  await sql`DELETE FROM lease WHERE owner = ${owner}`;
}

export async function readState(sql: MonitorSql): Promise<MonitorState | undefined> {
  const [row] = await sql<{ content: string }[]>`SELECT content FROM state`;
  return parseMonitorState(row?.content);
}

/** Writes only as the owner of the lease: one that was frozen and comes back overwrites nothing. Gives whether it did. */
export async function writeState(sql: MonitorSql, owner: string, state: MonitorState): Promise<boolean> {
  const result = await sql`
    INSERT INTO state (saved_ms, content)
    SELECT ${state.savedMs}, ${JSON.stringify(state)} FROM lease WHERE owner = ${owner} AND until > clock_timestamp()
    ON CONFLICT (id) DO UPDATE SET saved_ms = excluded.saved_ms, content = excluded.content`;
  return result.count === 1;
}

/** The secret, made by the first that asks. */
export async function fixSecret(sql: MonitorSql, made: string): Promise<string> {
  await sql`INSERT INTO secret (value) VALUES (${made}) ON CONFLICT DO NOTHING`;
  const [row] = await sql<{ value: string }[]>`SELECT value FROM secret`;
  return row?.value ?? made;
}
