import type { Sql } from '../../platform/database/open-database.ts';

/** A media id; without content it waits for its upload. */
export interface MediaRow {
  readonly mediaId: string;
  readonly userId: string;
  /** SHA-256, or null. */
  readonly content: Uint8Array | null;
  readonly sizeBytes: number | null;
  readonly contentType: string | null;
  readonly fileName: string | null;
  /** Given only to those who say who they are. */
  readonly authenticated: boolean;
  /** It waited for too long and is not there any more. */
  readonly isExpired: boolean;
}

export async function readMedia(sql: Sql, mediaId: string): Promise<MediaRow | undefined> {
  const rows = await sql<MediaRow[]>`
    SELECT media_id AS "mediaId", user_id AS "userId", content, size_bytes AS "sizeBytes",
      content_type AS "contentType", file_name AS "fileName", authenticated,
      content IS NULL AND expires_at <= clock_timestamp() AS "isExpired"
    FROM media WHERE media_id = ${mediaId}`;
  return rows[0];
}

/** What a user's files take, in bytes. */
export async function readMediaUsage(sql: Sql, userId: string): Promise<number> {
  const rows = await sql<{ sizeBytes: number }[]>`
    SELECT size_bytes AS "sizeBytes" FROM media_usage WHERE user_id = ${userId}`;
  return rows[0]?.sizeBytes ?? 0;
}

/** How many ids of a user wait for their upload, and how long the first of them still does. */
export async function readPendingMedia(
  sql: Sql,
  userId: string,
): Promise<{ readonly count: number; readonly firstEndsInMs: number }> {
  const rows = await sql<{ count: number; firstEndsInMs: number | null }[]>`
    SELECT count(*)::int AS count,
      (extract(epoch FROM min(expires_at) - clock_timestamp()) * 1000)::double precision AS "firstEndsInMs"
    FROM media WHERE user_id = ${userId} AND content IS NULL AND expires_at > clock_timestamp()`;
  return { count: rows[0]?.count ?? 0, firstEndsInMs: rows[0]?.firstEndsInMs ?? 0 };
}
