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

interface ReportPage {
  readonly offset: number;
  readonly limit: number;
  readonly oldestFirst: boolean;
  /** A part of who reported. */
  readonly reporter: string | undefined;
}

export interface EventReportQuery extends ReportPage {
  /** A part of the room's id. */
  readonly roomId: string | undefined;
}

/** A page of the reports of events, and how many there are in all. */
export async function readEventReports(
  sql: Sql,
  { roomId, ...page }: EventReportQuery,
): Promise<{ reports: StoredReport[]; total: number }> {
  return await readPage(
    sql,
    page,
    sql`event_id IS NOT NULL
    ${roomId === undefined ? sql`` : sql`AND strpos(room_id, ${roomId}) > 0`}`,
  );
}

export interface UserReportQuery extends ReportPage {
  /** A part of who was reported. */
  readonly userId: string | undefined;
}

/** A page of the reports of users alone, without an event or a room, and how many there are in all. */
export async function readUserReports(
  sql: Sql,
  { userId, ...page }: UserReportQuery,
): Promise<{ reports: StoredReport[]; total: number }> {
  return await readPage(
    sql,
    page,
    sql`event_id IS NULL AND room_id IS NULL AND user_id IS NOT NULL
    ${userId === undefined ? sql`` : sql`AND strpos(user_id, ${userId}) > 0`}`,
  );
}

async function readPage(
  sql: Sql,
  { offset, limit, oldestFirst, reporter }: ReportPage,
  condition: ReturnType<Sql>,
): Promise<{ reports: StoredReport[]; total: number }> {
  const wanted = sql`FROM report WHERE ${condition}
    ${reporter === undefined ? sql`` : sql`AND strpos(reporter, ${reporter}) > 0`}`;
  const [counted, reports] = await Promise.all([
    sql<{ total: number }[]>`SELECT count(*)::int AS total ${wanted}`,
    sql<StoredReport[]>`
      SELECT id, reporter, user_id AS "userId", room_id AS "roomId", event_id AS "eventId", reason,
        reported_ms AS "reportedMs"
      ${wanted} ORDER BY id ${oldestFirst ? sql`ASC` : sql`DESC`} LIMIT ${limit} OFFSET ${offset}`,
  ]);
  return { reports: [...reports], total: counted[0]?.total ?? 0 };
}
