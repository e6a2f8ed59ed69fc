import type { Sql } from '../../platform/database/open-database.ts';

/** A file of a user of this server, or an id that waits for one. */
export interface ListedMedia {
  readonly mediaId: string;
  readonly createdMs: number;
  readonly sizeBytes: number | null;
  readonly contentType: string | null;
  readonly fileName: string | null;
  /** Withheld from everybody. */
  readonly isQuarantined: boolean;
}

export interface MediaUser {
  readonly userId: string;
  readonly sizeBytes: number;
  /** Files. */
  readonly count: number;
}

/** Who stores most first. */
export async function readLargestMediaUsers(sql: Sql, offset: number, limit: number): Promise<MediaUser[]> {
  return await sql<MediaUser[]>`
    SELECT user_id AS "userId", size_bytes AS "sizeBytes",
      (SELECT count(*)::int FROM media WHERE media.user_id = media_usage.user_id) AS count
    FROM media_usage WHERE size_bytes > 0 ORDER BY size_bytes DESC, user_id LIMIT ${limit} OFFSET ${offset}`;
}

/** The files of a user, the newest first. */
export async function readMediaOfUser(
  sql: Sql,
  { userId, serverName }: { readonly userId: string; readonly serverName: string },
  offset: number,
  limit: number,
): Promise<ListedMedia[]> {
  return await sql<ListedMedia[]>`
    SELECT media_id AS "mediaId", created_ms AS "createdMs", size_bytes AS "sizeBytes",
      content_type AS "contentType", file_name AS "fileName",
      EXISTS (SELECT FROM quarantined_media q WHERE q.server_name = ${serverName} AND q.media_id = media.media_id)
        AS "isQuarantined"
    FROM media WHERE user_id = ${userId} ORDER BY created_ms DESC, media_id LIMIT ${limit} OFFSET ${offset}`;
}
