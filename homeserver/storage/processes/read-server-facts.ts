import type { Sql } from '../../platform/database/open-database.ts';

/** A value that never changes once written, or undefined before that. */
export async function readServerFact(sql: Sql, name: string): Promise<string | undefined> {
  const rows = await sql<{ value: string }[]>`SELECT value FROM server_fact WHERE name = ${name}`;
  return rows[0]?.value;
}
