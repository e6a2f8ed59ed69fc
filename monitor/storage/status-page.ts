import type { MonitorSql } from './open-monitor-database.ts';

/** The files of the status page, as text. */
export interface StatusPages {
  readonly html: string;
  /** Atom. */
  readonly feed: string;
  /** JSON, for programs. */
  readonly facts: string;
}

/** Writes only as the owner of the lease, as `writeState` does. */
export async function writeStatusPages(sql: MonitorSql, owner: string, pages: StatusPages): Promise<void> {
  await sql`
    INSERT INTO status_page (html, feed, facts)
    SELECT ${pages.html}, ${pages.feed}, ${pages.facts} FROM lease WHERE owner = ${owner} AND until > clock_timestamp()
    ON CONFLICT (id) DO UPDATE SET html = excluded.html, feed = excluded.feed, facts = excluded.facts`;
}
