import type { Sql } from '../../platform/database/open-database.ts';
import type { ReportedThing } from './reported-thing.ts';

export interface StoredReport extends ReportedThing {
  /** Grows with time. */
  readonly id: number;
}

/** Reports, the newest first, those with ids below `before`. */
export async function readReports(sql: Sql, before: number, limit: number): Promise<StoredReport[]> {
  return await sql<StoredReport[]>`
    SELECT id, reporter, user_id AS "userId", room_id AS "roomId", event_id AS "eventId", reason,
      reported_ms AS "reportedMs"
    FROM report WHERE id < ${before} ORDER BY id DESC LIMIT ${limit}`;
}

export async function readReport(sql: Sql, id: number): Promise<StoredReport | undefined> {
  const rows = await sql<StoredReport[]>`
    SELECT id, reporter, user_id AS "userId", room_id AS "roomId", event_id AS "eventId", reason,
      reported_ms AS "reportedMs"
    FROM report WHERE id = ${id}`;
  return rows[0];
}
