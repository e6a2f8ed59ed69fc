import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readKeyBackup, readNewestKeyBackup } from '../storage/devices/read-key-backups.ts';
import { deleteKeyBackup, insertKeyBackup, updateKeyBackup } from '../storage/devices/write-key-backups.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { deleteRoomKeys } from './delete-room-keys.ts';
import { backupKey, unknownBackup } from './find-key-backup.ts';

const maxVersions = 100;
const maxAuthDataLength = 65_536;

interface CreateBackupInput {
  readonly userId: string;
  readonly algorithm: string;
  readonly authData: string;
  readonly attempt: string;
}

export const createKeyBackupCommand: Command<CreateBackupInput, number> = {
  name: 'create-key-backup',
  key: backupKey,
  releases: 'committed',
  async decide(shard, input) {
    const { newest, kept } = await readNewestKeyBackup(shard.context.database, input.userId);
    if (newest?.attempt === input.attempt) return { result: newest.version };
    if (kept >= maxVersions) {
      throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', `A user has at most ${maxVersions} key backups`);
    }
    const version = (newest?.version ?? 0) + 1;
    const committed = shard.append(0, () => ({ entries: [], writes: [insertKeyBackup({ ...input, version })] }));
    return { result: version, committed };
  },
};

/**
 * Begins a new backup, which is the current one from then on, and returns its version.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3room_keysversion
 */
export async function createKeyBackup(
  context: Context,
  userId: string,
  algorithm: string,
  authData: JsonObject,
): Promise<number> {
  return await context.shardLog.submit(createKeyBackupCommand, shardOfUser(context, userId), {
    ...{ userId, algorithm, authData: encodeAuthData(authData), attempt: context.random.uuid() },
  });
}

interface UpdateBackupInput {
  readonly userId: string;
  readonly version: number;
  readonly algorithm: string;
  readonly authData: string;
}

export const updateKeyBackupCommand: Command<UpdateBackupInput, null> = {
  name: 'update-key-backup',
  key: backupKey,
  releases: 'committed',
  async decide(shard, { userId, version, algorithm, authData }) {
    const backup = await readKeyBackup(shard.context.database, userId, version);
    if (!backup || backup.isDeleted) throw unknownBackup();
    if (backup.algorithm !== algorithm) {
      throw new MatrixError('M_INVALID_PARAM', 'The algorithm of a backup cannot change');
    }
    const committed = shard.append(0, () => ({ entries: [], writes: [updateKeyBackup(userId, version, authData)] }));
    return { result: null, committed };
  },
};

/** Changes a backup's `auth_data`. Throws M_NOT_FOUND, M_INVALID_PARAM (another algorithm). */
export async function updateKeyBackupAuthData(
  context: Context,
  userId: string,
  version: number,
  algorithm: string,
  authData: JsonObject,
): Promise<void> {
  await context.shardLog.submit(updateKeyBackupCommand, shardOfUser(context, userId), {
    ...{ userId, version, algorithm, authData: encodeAuthData(authData) },
  });
}

export const deleteKeyBackupCommand: Command<{ readonly userId: string; readonly version: number }, null> = {
  name: 'delete-key-backup',
  key: backupKey,
  releases: 'committed',
  async decide(shard, { userId, version }) {
    const backup = await readKeyBackup(shard.context.database, userId, version);
    if (!backup) throw unknownBackup();
    if (backup.isDeleted) return { result: null };
    const committed = shard.append(0, () => ({ entries: [], writes: [deleteKeyBackup(userId, version)] }));
    return { result: null, committed };
  },
};

/** Deletes a backup and then its keys; a deleted one again is fine. Throws M_NOT_FOUND. */
export async function deleteKeyBackupVersion(context: Context, userId: string, version: number): Promise<void> {
  await context.shardLog.submit(deleteKeyBackupCommand, shardOfUser(context, userId), { userId, version });
  await deleteRoomKeys(context, userId, version, {}, { ofDeleted: true });
}

function encodeAuthData(authData: JsonObject): string {
  const text = JSON.stringify(authData);
  if (text.length > maxAuthDataLength) throw new MatrixError('M_TOO_LARGE', 'auth_data is too large');
  return text;
}
