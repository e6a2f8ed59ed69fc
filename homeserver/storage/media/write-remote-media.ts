import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putFiles: BatchStatement = {
  name: 'put-remote-media',
  table: 'remote_media',
  columns: {
    server_name: 'text',
    media_id: 'text',
    content: 'bytea',
    size_bytes: 'bigint',
    content_type: 'text',
    file_name: 'text',
    authenticated: 'boolean',
  },
  text: (rows) => `INSERT INTO remote_media
    (server_name, media_id, content, size_bytes, content_type, file_name, authenticated) SELECT * FROM ${rows}
    ON CONFLICT (server_name, media_id) DO UPDATE SET content = excluded.content, size_bytes = excluded.size_bytes,
      content_type = excluded.content_type, file_name = excluded.file_name, read_at = clock_timestamp()`,
  rowKey: ([serverName, mediaId]) => `${String(serverName)}/${String(mediaId)}`,
};

export interface FetchedMedia {
  readonly serverName: string;
  readonly mediaId: string;
  /** SHA-256. */
  readonly content: Uint8Array;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly fileName: string | null;
  readonly authenticated: boolean;
}

/** A file that was fetched from its server. */
export function putRemoteMedia(media: FetchedMedia): Write {
  const { serverName, mediaId, content, sizeBytes, contentType, fileName, authenticated } = media;
  return { statement: putFiles, row: [serverName, mediaId, content, sizeBytes, contentType, fileName, authenticated] };
}

const noteUses: BatchStatement = {
  name: 'note-remote-media-use',
  table: 'remote_media',
  columns: { server_name: 'text', media_id: 'text' },
  text: (rows) => `UPDATE remote_media SET read_at = clock_timestamp() FROM ${rows}
    WHERE remote_media.server_name = row.server_name AND remote_media.media_id = row.media_id`,
  rowKey: ([serverName, mediaId]) => `${String(serverName)}/${String(mediaId)}`,
};

/** Somebody asked for the file now. */
export function noteRemoteMediaUse(serverName: string, mediaId: string): Write {
  return { statement: noteUses, row: [serverName, mediaId] };
}

const deleteFiles: BatchStatement = {
  name: 'delete-remote-media',
  table: 'remote_media',
  columns: { server_name: 'text', media_id: 'text', unused_for_ms: 'bigint' },
  text: (rows) => `DELETE FROM remote_media USING ${rows}
    WHERE remote_media.server_name = row.server_name AND remote_media.media_id = row.media_id
    AND remote_media.read_at < clock_timestamp() - row.unused_for_ms * interval '1 millisecond'`,
};

/** Forgets a file of another server unless somebody asked for it meanwhile. */
export function deleteUnusedRemoteMedia(serverName: string, mediaId: string, unusedForMs: number): Write {
  return { statement: deleteFiles, row: [serverName, mediaId, unusedForMs] };
}
