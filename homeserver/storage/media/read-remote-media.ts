import type { Sql } from '../../platform/database/open-database.ts';

/** A file of another server that is kept here. */
export interface RemoteMediaRow {
  /** SHA-256. */
  readonly content: Uint8Array;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly fileName: string | null;
  /** Given only to those who say who they are. */
  readonly authenticated: boolean;
  /** Nobody asked for it for a day, by the database's clock: its use has to be noted. */
  readonly isUseOld: boolean;
}

export async function readRemoteMedia(
  sql: Sql,
  serverName: string,
  mediaId: string,
): Promise<RemoteMediaRow | undefined> {
  const rows = await sql<RemoteMediaRow[]>`
    SELECT content, size_bytes AS "sizeBytes", content_type AS "contentType", file_name AS "fileName", authenticated,
      read_at < clock_timestamp() - interval '1 day' AS "isUseOld"
    FROM remote_media WHERE server_name = ${serverName} AND media_id = ${mediaId}`;
  return rows[0];
}

export interface RemoteMediaName {
  readonly serverName: string;
  readonly mediaId: string;
}

/** Files of other servers that nobody asked for during that time, those that were left longest first. */
export async function readUnusedRemoteMedia(sql: Sql, unusedForMs: number, limit: number): Promise<RemoteMediaName[]> {
  return await sql<RemoteMediaName[]>`
    SELECT server_name AS "serverName", media_id AS "mediaId" FROM remote_media
    WHERE read_at < clock_timestamp() - ${unusedForMs}::bigint * interval '1 millisecond'
    ORDER BY read_at LIMIT ${limit}`;
}

/** Which of these contents (SHA-256) belong to a file, own or remote, in hexadecimal. One query. */
export async function readReferredContents(sql: Sql, contents: readonly string[]): Promise<Set<string>> {
  if (contents.length === 0) return new Set();
  const rows = await sql<{ content: string }[]>`
    SELECT encode(wanted.content, 'hex') AS content
    FROM (SELECT decode(text, 'hex') AS content FROM unnest(${contents as string[]}::text[]) AS text) wanted
    WHERE EXISTS (SELECT FROM media WHERE media.content = wanted.content)
      OR EXISTS (SELECT FROM remote_media WHERE remote_media.content = wanted.content)`;
  return new Set(rows.map((row) => row.content));
}
