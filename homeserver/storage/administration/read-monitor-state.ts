import type { Sql } from '../../platform/database/open-database.ts';

/** What the monitor keeps in its own schema. */
export interface StoredMonitorState {
  /** The monitor's document, in JSON. */
  readonly content: string;
  readonly savedMs: number;
  /** A monitor has renewed its lease lately. */
  readonly watches: boolean;
}

/** The monitor's state; undefined where no monitor has ever run over this database. */
export async function readMonitorState(sql: Sql): Promise<StoredMonitorState | undefined> {
  const [found] = await sql<{ isThere: boolean }[]>`
    SELECT to_regclass('monitor.operator_request') IS NOT NULL AS "isThere"`;
  if (!found?.isThere) return undefined;
  const [row] = await sql<StoredMonitorState[]>`
    SELECT content, saved_ms AS "savedMs",
      coalesce((SELECT until > clock_timestamp() FROM monitor.lease), false) AS watches FROM monitor.state`;
  return row;
}
