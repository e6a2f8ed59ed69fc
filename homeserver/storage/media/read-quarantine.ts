import type { Sql } from '../../platform/database/open-database.ts';

/** Whether an operator withholds a file from everybody. */
export async function isQuarantined(sql: Sql, serverName: string, mediaId: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM quarantined_media WHERE server_name = ${serverName} AND media_id = ${mediaId}`;
  return rows.length > 0;
}
