import type { Sql } from '../../platform/database/open-database.ts';

/** What the monitor has written for everybody, whole. */
export interface StoredStatusPage {
  readonly html: string;
  /** Atom. */
  readonly feed: string;
  /** JSON. */
  readonly facts: string;
  /** When the monitor last said that it is so still, in ms since 1970. */
  readonly savedMs: number;
  /** A monitor has renewed its lease lately. */
  readonly watches: boolean;
}

/** The status page; undefined where no monitor has written one. */
export async function readStatusPage(sql: Sql): Promise<StoredStatusPage | undefined> {
  const [found] = await sql<{ isThere: boolean }[]>`
    SELECT to_regclass('monitor.status_page') IS NOT NULL AS "isThere"`;
  if (!found?.isThere) return undefined;
  const [row] = await sql<StoredStatusPage[]>`
    SELECT html, feed, facts, coalesce((SELECT saved_ms FROM monitor.state), 0) AS "savedMs",
      coalesce((SELECT until > clock_timestamp() FROM monitor.lease), false) AS watches FROM monitor.status_page`;
  return row;
}
