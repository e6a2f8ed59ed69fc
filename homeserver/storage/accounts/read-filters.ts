import type { Sql } from '../../platform/database/open-database.ts';

/** A filter's definition as JSON text, or undefined. */
export async function readFilter(sql: Sql, userId: string, filterId: string): Promise<string | undefined> {
  const rows = await sql<{ definition: string }[]>`
    SELECT definition FROM filter WHERE user_id = ${userId} AND filter_id = ${filterId}`;
  return rows[0]?.definition;
}

export async function countFilters(sql: Sql, userId: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM filter WHERE user_id = ${userId}`;
  return rows[0]?.count ?? 0;
}
