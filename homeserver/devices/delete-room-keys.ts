import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { BackupContents, KeySelection } from '../storage/devices/key-backup-rows.ts';
import { readKeyBackup, readKeyRange } from '../storage/devices/read-key-backups.ts';
import { deleteBackedUpKeys, setBackupContents } from '../storage/devices/write-key-backups.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { backupKey, unknownBackup } from './find-key-backup.ts';

/** A backup can hold more keys than fit into a commit's time. */
const keysDeletedAtOnce = 5_000;

interface DeleteRoomKeysInput {
  readonly userId: string;
  readonly version: number;
  readonly selection: KeySelection;
  /** The backup itself was deleted. */
  readonly ofDeleted: boolean;
}

/** Deletes as many keys as fit into a commit; `isDone` when none are left. */
export const deleteRoomKeysCommand: Command<DeleteRoomKeysInput, BackupContents & { readonly isDone: boolean }> = {
  name: 'delete-room-keys',
  key: backupKey,
  releases: 'committed',
  async decide(shard, { userId, version, selection, ofDeleted }) {
    const { database } = shard.context;
    const [backup, deleted] = await Promise.all([
      readKeyBackup(database, userId, version),
      readKeyRange(database, userId, version, selection, keysDeletedAtOnce),
    ]);
    if (!backup || backup.isDeleted !== ofDeleted) throw unknownBackup();
    if (!deleted) return { result: { etag: backup.etag, count: backup.count, isDone: true } };
    const contents = { etag: backup.etag + 1, count: backup.count - deleted.count };
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [deleteBackedUpKeys(userId, version, deleted.range), setBackupContents(userId, version, contents)],
    }));
    return { result: { ...contents, isDone: deleted.count < keysDeletedAtOnce }, committed };
  },
};

/** Deletes keys of a backup: all, those of a room, or one. Throws M_NOT_FOUND without such a backup. */
export async function deleteRoomKeys(
  context: Context,
  userId: string,
  version: number,
  selection: KeySelection,
  { ofDeleted = false }: { ofDeleted?: boolean } = {},
): Promise<BackupContents> {
  const input = { userId, version, selection, ofDeleted };
  for (;;) {
    const result = await context.shardLog.submit(deleteRoomKeysCommand, shardOfUser(context, userId), input);
    if (result.isDone) return result;
  }
}
