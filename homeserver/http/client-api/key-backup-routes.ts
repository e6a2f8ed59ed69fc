import type { Endpoint } from '../endpoint.ts';
import { deleteRoomKeyBySessionId } from './key-backup/delete-room-key-by-session-id.ts';
import { deleteRoomKeys } from './key-backup/delete-room-keys.ts';
import { deleteRoomKeysByRoomId } from './key-backup/delete-room-keys-by-room-id.ts';
import { deleteRoomKeysVersion } from './key-backup/delete-room-keys-version.ts';
import { getRoomKeyBySessionId } from './key-backup/get-room-key-by-session-id.ts';
import { getRoomKeys } from './key-backup/get-room-keys.ts';
import { getRoomKeysByRoomId } from './key-backup/get-room-keys-by-room-id.ts';
import { getRoomKeysVersion } from './key-backup/get-room-keys-version.ts';
import { getRoomKeysVersionCurrent } from './key-backup/get-room-keys-version-current.ts';
import { postRoomKeysVersion } from './key-backup/post-room-keys-version.ts';
import { putRoomKeyBySessionId } from './key-backup/put-room-key-by-session-id.ts';
import { putRoomKeys } from './key-backup/put-room-keys.ts';
import { putRoomKeysByRoomId } from './key-backup/put-room-keys-by-room-id.ts';
import { putRoomKeysVersion } from './key-backup/put-room-keys-version.ts';

/** Backups of room keys. */
export const keyBackupRoutes: readonly Endpoint[] = [
  ...[postRoomKeysVersion, getRoomKeysVersionCurrent, getRoomKeysVersion, putRoomKeysVersion, deleteRoomKeysVersion],
  ...[putRoomKeys, getRoomKeys, deleteRoomKeys],
  ...[putRoomKeysByRoomId, getRoomKeysByRoomId, deleteRoomKeysByRoomId],
  ...[putRoomKeyBySessionId, getRoomKeyBySessionId, deleteRoomKeyBySessionId],
];
