import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

/** None of them touches a row that another one of the same batch can see: new ids, expired ones, ones with a file. */
const independent: BatchStatement[] = [];

const insertPending: BatchStatement = {
  name: 'insert-pending-media',
  table: 'media',
  columns: { media_id: 'text', user_id: 'text', created_ms: 'bigint', lifetime_ms: 'bigint' },
  text: (rows) => `INSERT INTO media (media_id, user_id, created_ms, expires_at)
    SELECT media_id, user_id, created_ms, clock_timestamp() + lifetime_ms * interval '1 millisecond' FROM ${rows}
    ON CONFLICT DO NOTHING`,
  commutesWith: independent,
};

export interface PendingMedia {
  readonly mediaId: string;
  readonly userId: string;
  readonly createdMs: number;
  readonly lifetimeMs: number;
}

/** An id that waits for its file. */
export function insertPendingMedia({ mediaId, userId, createdMs, lifetimeMs }: PendingMedia): Write {
  return { statement: insertPending, row: [mediaId, userId, createdMs, lifetimeMs] };
}

const deleteExpired: BatchStatement = {
  name: 'delete-expired-media',
  table: 'media',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM media t USING ${rows}
    WHERE t.user_id = row.user_id AND t.content IS NULL AND t.expires_at <= clock_timestamp()`,
  commutesWith: independent,
};

/** Drops a user's ids whose file did not come in time. */
export function deleteExpiredMedia(userId: string): Write {
  return { statement: deleteExpired, row: [userId] };
}

const putContents: BatchStatement = {
  name: 'put-media-content',
  table: 'media',
  columns: {
    media_id: 'text',
    user_id: 'text',
    created_ms: 'bigint',
    content: 'bytea',
    size_bytes: 'bigint',
    content_type: 'text',
    file_name: 'text',
    authenticated: 'boolean',
  },
  text: (rows) => `INSERT INTO media
    (media_id, user_id, created_ms, content, size_bytes, content_type, file_name, authenticated)
    SELECT * FROM ${rows} ON CONFLICT (media_id) DO UPDATE SET content = excluded.content,
      size_bytes = excluded.size_bytes, content_type = excluded.content_type, file_name = excluded.file_name,
      authenticated = excluded.authenticated, expires_at = NULL
    WHERE media.content IS NULL`,
  rowKey: (row) => row[0] as string,
  commutesWith: independent,
};
independent.push(insertPending, deleteExpired, putContents);

export interface UploadedMedia {
  readonly mediaId: string;
  readonly userId: string;
  readonly createdMs: number;
  /** SHA-256. */
  readonly content: Uint8Array;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly fileName: string | null;
  readonly authenticated: boolean;
}

/** Gives an id its file, for good. */
export function putMediaContent(media: UploadedMedia): Write {
  const { mediaId, userId, createdMs, content, sizeBytes, contentType, fileName, authenticated } = media;
  return {
    statement: putContents,
    row: [mediaId, userId, createdMs, content, sizeBytes, contentType, fileName, authenticated],
  };
}

const setUsages: BatchStatement = {
  name: 'set-media-usage',
  table: 'media_usage',
  columns: { user_id: 'text', size_bytes: 'bigint' },
  text: (rows) => `INSERT INTO media_usage (user_id, size_bytes) SELECT * FROM ${rows}
    ON CONFLICT (user_id) DO UPDATE SET size_bytes = excluded.size_bytes`,
  rowKey: (row) => row[0] as string,
};

export function setMediaUsage(userId: string, sizeBytes: number): Write {
  return { statement: setUsages, row: [userId, sizeBytes] };
}

const deleteRows: BatchStatement = {
  name: 'delete-media',
  table: 'media',
  columns: { media_id: 'text' },
  text: (rows) => `DELETE FROM media t USING ${rows} WHERE t.media_id = row.media_id`,
};

export function deleteMediaRow(mediaId: string): Write {
  return { statement: deleteRows, row: [mediaId] };
}
