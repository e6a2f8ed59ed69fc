import type { Sql } from '../../platform/database/open-database.ts';

/** What an administrator is told of a file. */
export interface MediaDescription {
  /** Who uploaded it; null: a user of another server did. */
  readonly userId: string | null;
  readonly contentType: string | null;
  /** Null until it was uploaded. */
  readonly sizeBytes: number | null;
  readonly fileName: string | null;
  /** When its id was made; null for a file of another server. */
  readonly createdMs: number | null;
  /** When a copy of another server's file was last asked for, to the day; null for own ones, where it is not noted. */
  readonly usedMs: number | null;
  /** Who withholds it from everybody. */
  readonly quarantinedBy: string | null;
  readonly authenticated: boolean;
  /** Hexadecimal; null until it was uploaded. */
  readonly sha256: string | null;
}

/** A file of this server (`isOwn`), or the copy of another's; undefined if there is none. One query. */
export async function readMediaDescription(
  sql: Sql,
  { serverName, mediaId }: { readonly serverName: string; readonly mediaId: string },
  isOwn: boolean,
): Promise<MediaDescription | undefined> {
  const own = sql`user_id AS "userId", created_ms AS "createdMs", NULL::float8 AS "usedMs" FROM media m
    WHERE media_id = ${mediaId}`;
  const other = sql`NULL AS "userId", NULL::float8 AS "createdMs",
    floor(extract(epoch FROM read_at) * 1000)::float8 AS "usedMs" FROM remote_media m
    WHERE server_name = ${serverName} AND media_id = ${mediaId}`;
  const rows = await sql<MediaDescription[]>`
    SELECT content_type AS "contentType", size_bytes AS "sizeBytes", file_name AS "fileName", authenticated,
      encode(content, 'hex') AS sha256,
      (SELECT quarantined_by FROM quarantined_media q WHERE q.server_name = ${serverName} AND q.media_id = m.media_id)
        AS "quarantinedBy", ${isOwn ? own : other}`;
  return rows[0];
}
