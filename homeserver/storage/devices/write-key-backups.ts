import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { BackedUpKey, BackupContents, KeyRange } from './key-backup-rows.ts';

const insertBackups: BatchStatement = {
  name: 'insert-key-backups',
  table: 'key_backup',
  columns: { user_id: 'text', version: 'integer', algorithm: 'text', auth_data: 'text', attempt: 'text' },
  text: (rows) => `INSERT INTO key_backup (user_id, version, algorithm, auth_data, attempt) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
};

export interface NewKeyBackup {
  readonly userId: string;
  readonly version: number;
  readonly algorithm: string;
  /** JSON text. */
  readonly authData: string;
  readonly attempt: string;
}

export function insertKeyBackup({ userId, version, algorithm, authData, attempt }: NewKeyBackup): Write {
  return { statement: insertBackups, row: [userId, version, algorithm, authData, attempt] };
}

const updateAuthData: BatchStatement = {
  name: 'update-key-backup-auth-data',
  table: 'key_backup',
  columns: { user_id: 'text', version: 'integer', auth_data: 'text' },
  text: (rows) => `UPDATE key_backup t SET auth_data = row.auth_data FROM ${rows}
    WHERE t.user_id = row.user_id AND t.version = row.version`,
  rowKey: (row) => JSON.stringify(row.slice(0, 2)),
};

export function updateKeyBackup(userId: string, version: number, authData: string): Write {
  return { statement: updateAuthData, row: [userId, version, authData] };
}

const setContents: BatchStatement = {
  name: 'set-key-backup-contents',
  table: 'key_backup',
  columns: { user_id: 'text', version: 'integer', etag: 'bigint', key_count: 'integer' },
  text: (rows) => `UPDATE key_backup t SET etag = row.etag, key_count = row.key_count FROM ${rows}
    WHERE t.user_id = row.user_id AND t.version = row.version`,
  rowKey: (row) => JSON.stringify(row.slice(0, 2)),
};

export function setBackupContents(userId: string, version: number, { etag, count }: BackupContents): Write {
  return { statement: setContents, row: [userId, version, etag, count] };
}

const deleteBackups: BatchStatement = {
  name: 'delete-key-backups',
  table: 'key_backup',
  columns: { user_id: 'text', version: 'integer' },
  text: (rows) => `UPDATE key_backup t SET is_deleted = true, auth_data = '{}' FROM ${rows}
    WHERE t.user_id = row.user_id AND t.version = row.version`,
};

/** The version is gone and its number is not given again. Its keys are deleted apart. */
export function deleteKeyBackup(userId: string, version: number): Write {
  return { statement: deleteBackups, row: [userId, version] };
}

const putSessions: BatchStatement = {
  name: 'put-key-backup-sessions',
  table: 'key_backup_session',
  columns: {
    user_id: 'text',
    version: 'integer',
    room_id: 'text',
    session_id: 'text',
    first_message_index: 'bigint',
    forwarded_count: 'bigint',
    is_verified: 'boolean',
    session_data: 'text',
  },
  text: (rows) => `INSERT INTO key_backup_session (user_id, version, room_id, session_id, first_message_index,
      forwarded_count, is_verified, session_data) SELECT * FROM ${rows}
    ON CONFLICT (user_id, version, room_id, session_id) DO UPDATE
    SET first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
      is_verified = excluded.is_verified, session_data = excluded.session_data`,
  rowKey: (row) => JSON.stringify(row.slice(0, 4)),
};

export function putBackedUpKey(userId: string, version: number, key: BackedUpKey): Write {
  const { roomId, sessionId, firstMessageIndex, forwardedCount, isVerified, sessionData } = key;
  return {
    statement: putSessions,
    row: [userId, version, roomId, sessionId, firstMessageIndex, forwardedCount, isVerified, sessionData],
  };
}

const deleteSessions: BatchStatement = {
  name: 'delete-key-backup-sessions',
  table: 'key_backup_session',
  columns: {
    user_id: 'text',
    version: 'integer',
    first_room: 'text',
    first_session: 'text',
    last_room: 'text',
    last_session: 'text',
  },
  text: (rows) => `DELETE FROM key_backup_session t USING ${rows} WHERE t.user_id = row.user_id
    AND t.version = row.version AND (t.room_id, t.session_id) >= (row.first_room, row.first_session)
    AND (t.room_id, t.session_id) <= (row.last_room, row.last_session)`,
};

export function deleteBackedUpKeys(userId: string, version: number, range: KeyRange): Write {
  const { firstRoom, firstSession, lastRoom, lastSession } = range;
  return { statement: deleteSessions, row: [userId, version, firstRoom, firstSession, lastRoom, lastSession] };
}
