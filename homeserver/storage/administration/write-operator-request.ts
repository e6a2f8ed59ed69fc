import type { Sql } from '../../platform/database/open-database.ts';

const mostWaiting = 500;

/**
 * Leaves a request to the monitor that pages, which takes it within its next round. Outside of the shard log: it is the
 * monitor's table. False where too many wait because no monitor takes them.
 */
export async function insertOperatorRequest(sql: Sql, content: string): Promise<boolean> {
  const rows = await sql`
    INSERT INTO monitor.operator_request (content)
    SELECT ${content} WHERE (SELECT count(*) FROM monitor.operator_request) < ${mostWaiting} RETURNING 1`;
  return rows.length > 0;
}
