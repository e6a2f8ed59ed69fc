import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { readCurrentKeyBackup, readKeyBackup, type StoredKeyBackup } from '../storage/devices/read-key-backups.ts';

/** The commands on a user's backups run one after another, each on what the one before has committed. */
export function backupKey({ userId }: { readonly userId: string }): string {
  return `key-backup ${userId}`;
}

/** The backup of a version, or the current one. Throws M_NOT_FOUND. */
export async function findKeyBackup(context: Context, userId: string, version?: number): Promise<StoredKeyBackup> {
  const backup =
    version === undefined
      ? await readCurrentKeyBackup(context.database, userId)
      : await readKeyBackup(context.database, userId, version);
  if (!backup || backup.isDeleted) throw unknownBackup();
  return backup;
}

export function unknownBackup(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'There is no such key backup');
}

/** Versions are decimal numbers; whatever else a client asks for does not exist. */
export function parseBackupVersion(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw unknownBackup();
  return Number(text);
}
