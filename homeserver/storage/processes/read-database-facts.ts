import type { Sql } from '../../platform/database/open-database.ts';

export interface DatabaseFacts {
  /** Such as `18.4`. */
  readonly version: string;
  readonly sizeBytes: number;
}

export async function readDatabaseFacts(sql: Sql): Promise<DatabaseFacts> {
  const rows = await sql<DatabaseFacts[]>`
    SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
      pg_database_size(current_database()) AS "sizeBytes"`;
  return rows[0] ?? { version: '', sizeBytes: 0 };
}
