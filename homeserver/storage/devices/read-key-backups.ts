import type { Sql } from '../../platform/database/open-database.ts';
import type { BackedUpKey, KeyRange, KeySelection } from './key-backup-rows.ts';

export interface StoredKeyBackup {
  readonly version: number;
  readonly algorithm: string;
  /** JSON text. */
  readonly authData: string;
  readonly etag: number;
  readonly count: number;
  readonly isDeleted: boolean;
  readonly attempt: string;
}

const backupColumns = `version, algorithm, auth_data AS "authData", etag, key_count AS count,
  is_deleted AS "isDeleted", attempt`;

/** A version of a user's backups, deleted ones too. */
export async function readKeyBackup(sql: Sql, userId: string, version: number): Promise<StoredKeyBackup | undefined> {
  const rows = await sql<StoredKeyBackup[]>`
    SELECT ${sql.unsafe(backupColumns)} FROM key_backup WHERE user_id = ${userId} AND version = ${version}`;
  return rows[0];
}

/** The newest version that is not deleted: the current one. */
export async function readCurrentKeyBackup(sql: Sql, userId: string): Promise<StoredKeyBackup | undefined> {
  const rows = await sql<StoredKeyBackup[]>`
    SELECT ${sql.unsafe(backupColumns)} FROM key_backup WHERE user_id = ${userId} AND NOT is_deleted
    ORDER BY version DESC LIMIT 1`;
  return rows[0];
}

/** The newest version, deleted or not, and how many are not deleted. */
export async function readNewestKeyBackup(
  sql: Sql,
  userId: string,
): Promise<{ readonly newest: StoredKeyBackup | undefined; readonly kept: number }> {
  const rows = await sql<(StoredKeyBackup & { kept: number })[]>`
    SELECT ${sql.unsafe(backupColumns)}, (count(*) FILTER (WHERE NOT is_deleted) OVER ())::int AS kept
    FROM key_backup WHERE user_id = ${userId} ORDER BY version DESC LIMIT 1`;
  return { newest: rows[0], kept: rows[0]?.kept ?? 0 };
}

const keyColumns = `k.room_id AS "roomId", k.session_id AS "sessionId", k.first_message_index AS "firstMessageIndex",
  k.forwarded_count AS "forwardedCount", k.is_verified AS "isVerified"`;

/** What is stored of these sessions in a backup, without the keys themselves. */
export async function readBackedUpKeysOf(
  sql: Sql,
  userId: string,
  version: number,
  sessions: readonly { readonly roomId: string; readonly sessionId: string }[],
): Promise<Omit<BackedUpKey, 'sessionData'>[]> {
  return await sql<Omit<BackedUpKey, 'sessionData'>[]>`
    SELECT ${sql.unsafe(keyColumns)}
    FROM unnest(${sessions.map((session) => session.roomId)}::text[],
      ${sessions.map((session) => session.sessionId)}::text[]) AS wanted (room_id, session_id)
    JOIN key_backup_session k ON k.user_id = ${userId} AND k.version = ${version}
      AND k.room_id = wanted.room_id AND k.session_id = wanted.session_id`;
}

/** The selected keys after one, in the order of rooms and sessions, at most `most`. */
export async function readBackedUpKeys(
  sql: Sql,
  userId: string,
  version: number,
  selection: KeySelection,
  after: { readonly roomId: string; readonly sessionId: string },
  most: number,
): Promise<BackedUpKey[]> {
  const { roomId = null, sessionId = null } = selection;
  return await sql<BackedUpKey[]>`
    SELECT ${sql.unsafe(keyColumns)}, k.session_data AS "sessionData" FROM key_backup_session k
    WHERE k.user_id = ${userId} AND k.version = ${version}
      AND (k.room_id, k.session_id) > (${after.roomId}, ${after.sessionId})
      AND (${roomId}::text IS NULL OR k.room_id = ${roomId}) AND (${sessionId}::text IS NULL OR k.session_id = ${sessionId})
    ORDER BY k.room_id, k.session_id LIMIT ${most}`;
}

/** The first of the selected keys, at most `most`, as a range, and how many they are. */
export async function readKeyRange(
  sql: Sql,
  userId: string,
  version: number,
  selection: KeySelection,
  most: number,
): Promise<{ readonly range: KeyRange; readonly count: number } | undefined> {
  const { roomId = null, sessionId = null } = selection;
  const rows = await sql<{ roomId: string; sessionId: string }[]>`
    SELECT room_id AS "roomId", session_id AS "sessionId" FROM key_backup_session k
    WHERE k.user_id = ${userId} AND k.version = ${version}
      AND (${roomId}::text IS NULL OR k.room_id = ${roomId})
      AND (${sessionId}::text IS NULL OR k.session_id = ${sessionId})
    ORDER BY room_id, session_id LIMIT ${most}`;
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return undefined;
  const range = {
    firstRoom: first.roomId,
    firstSession: first.sessionId,
    lastRoom: last.roomId,
    lastSession: last.sessionId,
  };
  return { range, count: rows.length };
}
