import type { Sql } from '../../platform/database/open-database.ts';

/**
 * Fixes a fact that all processes share, unless it is fixed already, and gives what holds. Outside of the shard log:
 * it must be known before the log can start.
 */
export async function fixServerFact(sql: Sql, name: string, value: string): Promise<string> {
  await sql`INSERT INTO server_fact (name, value) VALUES (${name}, ${value}) ON CONFLICT DO NOTHING`;
  const rows = await sql<{ value: string }[]>`SELECT value FROM server_fact WHERE name = ${name}`;
  return rows[0]?.value ?? value;
}
