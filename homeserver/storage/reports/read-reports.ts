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

export interface EventReportQuery {
  readonly offset: number;
  readonly limit: number;
  readonly oldestFirst: boolean;
  /** A part of who reported. */
  readonly reporter: string | undefined;
  /** A part of the room's id. */
  readonly roomId: string | undefined;
}

/** A page of the reports of events, and how many there are in all. */
export async function readEventReports(
  sql: Sql,
  { offset, limit, oldestFirst, reporter, roomId }: EventReportQuery,
): Promise<{ reports: StoredReport[]; total: number }> {
  const wanted = sql`FROM report WHERE event_id IS NOT NULL
    ${reporter === undefined ? sql`` : sql`AND strpos(reporter, ${reporter}) > 0`}
    ${roomId === undefined ? sql`` : sql`AND strpos(room_id, ${roomId}) > 0`}`;
  const [counted, reports] = await Promise.all([
    sql<{ total: number }[]>`SELECT count(*)::int AS total ${wanted}`,
    sql<StoredReport[]>`
      SELECT id, reporter, user_id AS "userId", room_id AS "roomId", event_id AS "eventId", reason,
        reported_ms AS "reportedMs"
      ${wanted} ORDER BY id ${oldestFirst ? sql`ASC` : sql`DESC`} LIMIT ${limit} OFFSET ${offset}`,
  ]);
  return { reports: [...reports], total: counted[0]?.total ?? 0 };
}
