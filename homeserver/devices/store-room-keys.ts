import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText, isWithinIdentifierLimit } from '@holdfast/protocol/identifiers/identifier-text.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { BackedUpKey, BackupContents } from '../storage/devices/key-backup-rows.ts';
import { readBackedUpKeysOf, readCurrentKeyBackup, readKeyBackup } from '../storage/devices/read-key-backups.ts';
import { putBackedUpKey, setBackupContents } from '../storage/devices/write-key-backups.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { backupKey, unknownBackup } from './find-key-backup.ts';

interface StoreRoomKeysInput {
  readonly userId: string;
  readonly version: number;
  readonly keys: readonly BackedUpKey[];
}

const maxKeysPerBackup = 2_000_000;
const maxKeysPerRequest = 20_000;
const maxSessionDataLength = 65_536;

export const storeRoomKeysCommand: Command<StoreRoomKeysInput, BackupContents> = {
  name: 'store-room-keys',
  key: backupKey,
  releases: 'committed',
  async decide(shard, { userId, version, keys }) {
    const { database } = shard.context;
    const [current, known] = await Promise.all([
      readCurrentKeyBackup(database, userId),
      readBackedUpKeysOf(database, userId, version, keys),
    ]);
    if (!current) throw unknownBackup();
    if (current.version !== version) throw await wrongVersion(shard.context, userId, version, current.version);
    const stored = new Map(known.map((key) => [placeOf(key), key]));
    const better = keys.filter((key) => replaces(key, stored.get(placeOf(key))));
    if (better.length === 0) return { result: { etag: current.etag, count: current.count } };
    const added = better.filter((key) => !stored.has(placeOf(key))).length;
    const contents = { etag: current.etag + 1, count: current.count + added };
    if (contents.count > maxKeysPerBackup) {
      throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', `A backup holds at most ${maxKeysPerBackup} keys`);
    }
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [
        ...better.map((key) => putBackedUpKey(userId, version, key)),
        setBackupContents(userId, version, contents),
      ],
    }));
    return { result: contents, committed };
  },
};

/** A version that is not the current one: it may be an old one, or none at all. */
async function wrongVersion(
  context: Context,
  userId: string,
  version: number,
  currentVersion: number,
): Promise<MatrixError> {
  const backup = await readKeyBackup(context.database, userId, version);
  if (!backup || backup.isDeleted) return unknownBackup();
  return new MatrixError('M_WRONG_ROOM_KEYS_VERSION', 'This is not the current backup version', {
    fields: { current_version: String(currentVersion) },
  });
}

type KeyQuality = Pick<BackedUpKey, 'isVerified' | 'firstMessageIndex' | 'forwardedCount'>;

/**
 * Whether a key takes the place of the one that is stored for its session: verified before unverified, then the lower
 * first message index, then the lower count of forwards.
 * https://spec.matrix.org/v1.19/client-server-api/#backup-algorithm-mmegolm_backupv1curve25519-aes-sha2
 */
export function replaces(key: KeyQuality, stored: KeyQuality | undefined): boolean {
  if (!stored) return true;
  if (key.isVerified !== stored.isVerified) return key.isVerified;
  if (key.firstMessageIndex !== stored.firstMessageIndex) return key.firstMessageIndex < stored.firstMessageIndex;
  return key.forwardedCount < stored.forwardedCount;
}

/** A key as clients write it; the endpoint's schema has checked the members. */
export interface KeyBackupData {
  readonly first_message_index: number;
  readonly forwarded_count: number;
  readonly is_verified: boolean;
  readonly session_data: JsonObject;
}

/** By room, by session. */
export type RoomKeys = Readonly<Record<string, Readonly<Record<string, KeyBackupData>>>>;

/**
 * Stores keys in the current backup, each only if it is better than what is there. Throws M_NOT_FOUND,
 * M_WRONG_ROOM_KEYS_VERSION with `current_version`, M_INVALID_PARAM, M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys
 */
export async function storeRoomKeys(
  context: Context,
  userId: string,
  version: number,
  rooms: RoomKeys,
): Promise<BackupContents> {
  const keys = Object.entries(rooms).flatMap(([roomId, sessions]) =>
    Object.entries(sessions).map(([sessionId, data]) => parseKey(roomId, sessionId, data)),
  );
  if (keys.length > maxKeysPerRequest) {
    throw new MatrixError('M_TOO_LARGE', `One request stores at most ${maxKeysPerRequest} keys`);
  }
  return await context.shardLog.submit(storeRoomKeysCommand, shardOfUser(context, userId), { userId, version, keys });
}

function parseKey(roomId: string, sessionId: string, data: KeyBackupData): BackedUpKey {
  for (const id of [roomId, sessionId]) {
    if (id === '' || !isWithinIdentifierLimit(id) || !isStorableText(id)) {
      throw new MatrixError('M_INVALID_PARAM', 'A room or session id is empty, too long or holds a NUL character');
    }
  }
  const sessionData = JSON.stringify(data.session_data);
  if (sessionData.length > maxSessionDataLength) throw new MatrixError('M_TOO_LARGE', 'session_data is too large');
  return {
    roomId,
    sessionId,
    firstMessageIndex: data.first_message_index,
    forwardedCount: data.forwarded_count,
    isVerified: data.is_verified,
    sessionData,
  };
}

function placeOf({ roomId, sessionId }: Pick<BackedUpKey, 'roomId' | 'sessionId'>): string {
  return JSON.stringify([roomId, sessionId]);
}
