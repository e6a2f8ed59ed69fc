import type { Sql } from '../../platform/database/open-database.ts';

/** Above this, PostgreSQL's own estimate is told: nobody counts whole tables to look at a page. */
const mostCounted = 10_000;

/** How many rows a table has: counted where that is cheap, estimated otherwise. */
export async function readRowCount(sql: Sql, table: 'account' | 'room_figures' | 'report'): Promise<number> {
  const estimated = await sql<{ rows: number }[]>`
    SELECT greatest(reltuples, 0)::float8 AS rows FROM pg_class
    WHERE relname = ${table} AND relnamespace = current_schema()::regnamespace`;
  const rows = estimated[0]?.rows ?? 0;
  if (rows > mostCounted) return Math.round(rows);
  const counted = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (SELECT 1 FROM ${sql.unsafe(table)} LIMIT ${mostCounted * 4}) counted`;
  return counted[0]?.count ?? 0;
}

/** Tasks that failed within the time before `nowMs`. */
export async function readFailedTaskCount(sql: Sql, sinceMs: number): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM admin_task WHERE created_ms > ${Math.round(sinceMs)} AND state = 'failed'`;
  return rows[0]?.count ?? 0;
}
