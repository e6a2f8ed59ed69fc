import type { Sql } from '../../platform/database/open-database.ts';
import type { InteractiveSessionRow } from './interactive-session-row.ts';

/** An interactive session that is not over. */
export async function readInteractiveSession(sql: Sql, id: string): Promise<InteractiveSessionRow | undefined> {
  const rows = await sql<InteractiveSessionRow[]>`
    SELECT id, operation, user_id AS "userId", completed FROM interactive_session
    WHERE id = ${id} AND expires_at > clock_timestamp()`;
  return rows[0];
}

/** How many there are, counting no further than `upTo`. */
export async function countInteractiveSessions(sql: Sql, upTo: number): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM interactive_session WHERE expires_at > clock_timestamp() LIMIT ${upTo}) AS session`;
  return rows[0]?.count ?? 0;
}
