import type { BackupContents } from '../../../storage/devices/key-backup-rows.ts';
import type { StoredKeyBackup } from '../../../storage/devices/read-key-backups.ts';
import { jsonText, type MadeReply } from '../../reply.ts';

/** A backup as clients see it; its `auth_data` is JSON text already. */
export function formatKeyBackup({ version, algorithm, authData, etag, count }: StoredKeyBackup): MadeReply {
  const names = JSON.stringify({ algorithm, version: String(version), etag: String(etag), count });
  return jsonText(`${names.slice(0, -1)},"auth_data":${authData}}`);
}

/** What a change of a backup's keys is answered with. */
export function formatBackupContents({ etag, count }: BackupContents): { etag: string; count: number } {
  return { etag: String(etag), count };
}
