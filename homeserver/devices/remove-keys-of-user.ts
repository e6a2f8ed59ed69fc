import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { crossSigningUsages } from '../storage/devices/cross-signing-rows.ts';
import { readCrossSigningKeys } from '../storage/devices/read-cross-signing.ts';
import { readCurrentKeyBackup } from '../storage/devices/read-key-backups.ts';
import { deleteCrossSigningKey, deleteSignaturesWithKey } from '../storage/devices/write-cross-signing.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { deviceListChange, loadDeviceListHead } from './device-list-change.ts';
import { deleteKeyBackupVersion } from './key-backup-versions.ts';

export const deleteCrossSigningKeysCommand: Command<{ readonly userId: string }, null> = {
  name: 'delete-cross-signing-keys',
  key: ({ userId }) => `keys ${userId}`,
  releases: 'committed',
  async decide(shard, { userId }) {
    const keys = await readCrossSigningKeys(shard.context.database, [userId]);
    if (keys.length === 0) return { result: null };
    const head = await loadDeviceListHead(shard, userId);
    const committed = shard.append(1, (position) => {
      const { entries, writes } = deviceListChange(shard, head, { crossSigning: true }, position);
      const deletions = [
        ...keys.map((key) => deleteSignaturesWithKey(userId, key.publicKey)),
        ...crossSigningUsages.map((usage) => deleteCrossSigningKey(userId, usage)),
      ];
      return { entries, writes: [...writes, ...deletions] };
    });
    return { result: null, committed };
  },
};

/** Deletes what a user keeps here beside devices: cross-signing keys and backups of room keys. Safe to repeat. */
export async function removeKeysOfUser(context: Context, userId: string): Promise<void> {
  await context.shardLog.submit(deleteCrossSigningKeysCommand, shardOfUser(context, userId), { userId });
  for (;;) {
    const backup = await readCurrentKeyBackup(context.database, userId);
    if (!backup) return;
    await deleteKeyBackupVersion(context, userId, backup.version);
  }
}
