import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import type { BackupPlace } from '../platform/backups/backup-folder.ts';
import { type BaseBackup, sizeOf } from '../platform/backups/base-backup.ts';
import { formatMebibytes, isThere } from '../platform/backups/restore-cluster.ts';
import { type ClusterCredentials, writeOwnedFile } from '../platform/embedded-postgres/initialize-cluster.ts';
import type { CommandOption, CommandTerminal } from './command.ts';
import { formatSpan, formatTime } from './format-times.ts';

export const programsOption: CommandOption = {
  type: 'string',
  help: 'Folder with the programs of the PostgreSQL that made the database, where that was another major version.',
};

/** What somebody must see of a database before it is replaced or deleted: role, name, size, last write, newest backup. */
export async function describeCluster(
  folder: string,
  name: string,
  backups: readonly BaseBackup[],
  role = 'primary',
): Promise<string> {
  const backup = describeNewest(backups);
  if (!(await isThere(folder))) return `nothing (there is no database in ${folder}); ${backup}`;
  const { sizeBytes, lastWriteMs } = await measureFolder(folder);
  return `the ${role} of ${name} in ${folder}; ${formatMebibytes(sizeBytes)}; last write ${formatTime(lastWriteMs)}; ${backup}`;
}

/** The newest base backup and its age. */
export function describeNewest(backups: readonly BaseBackup[]): string {
  const newest = backups.at(-1);
  if (!newest) return 'no backup';
  const age = formatSpan(systemClock.wallMs() - Date.parse(newest.manifest.endedAt));
  const check = newest.verifiedAt === undefined ? ', NOT CHECKED' : '';
  return `newest base backup ${newest.id}, ${age} old, ${formatMebibytes(sizeOf(newest))}${check}`;
}

/** Asks for a name, which nobody types by mistake. */
export async function isNameTyped(terminal: CommandTerminal, name: string, purpose: string): Promise<boolean> {
  return (await terminal.readSecret(`Type ${name} to ${purpose}: `)).trim() === name;
}

async function measureFolder(folder: string): Promise<{ sizeBytes: number; lastWriteMs: number }> {
  let sizeBytes = 0;
  let lastWriteMs = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const found = entry.isFile() ? await stat(join(entry.parentPath, entry.name)).catch(() => undefined) : undefined;
    sizeBytes += found?.size ?? 0;
    if (entry.parentPath.endsWith('pg_wal')) lastWriteMs = Math.max(lastWriteMs, found?.mtimeMs ?? 0);
  }
  return { sizeBytes, lastWriteMs };
}

/** Two renames: what is replaced is kept, as `data.ASIDE-TIME`. Gives where. */
export async function switchFolders(
  { home, user }: Pick<BackupPlace, 'home' | 'user'>,
  { present, into, aside }: { present: string; into: string; aside: string },
  credentials: ClusterCredentials,
): Promise<string | undefined> {
  let kept: string | undefined;
  if (await isThere(present)) {
    const time = new Date(systemClock.wallMs()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    kept = join(home, `data.${aside}-${time}`);
    await rename(present, kept);
  }
  // The roles of the restored database have the passwords of its time.
  await writeOwnedFile(join(home, 'passwords.json'), JSON.stringify(credentials), user);
  await rename(into, present);
  return kept;
}
