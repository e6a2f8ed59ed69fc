import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { baseFolder, logFolder } from '../backup-folder.ts';
import { type BaseBackup, names } from '../base-backup.ts';
import { listFiles, mediaBackupRoot } from '../media/media-places.ts';

/** A file of the folder of backups, and its name in the bucket. */
export interface KeptFile {
  readonly key: string;
  readonly file: string;
}

export const prefixes = { logs: 'wal/', bases: 'base/', media: 'media/' } as const;

export const manifestKey = (id: string) => `${prefixes.bases}${id}/${names.manifest}`;
export const verifiedKey = (id: string) => `${prefixes.bases}${id}/${names.verified}`;
/** A content has one name there, whether the store still has it or not. */
export const mediaKey = (name: string) => `${prefixes.media}${name}`;

export interface KeptLog extends KeptFile {
  readonly storedAtMs: number;
}

/** All archived logs and the histories of timelines, oldest first; not what is being written. */
export async function listLogFiles(folder: string): Promise<KeptLog[]> {
  const place = logFolder(folder);
  const entries = await readdir(place, { withFileTypes: true });
  const systems = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${name}/`);
  const found: KeptLog[] = [];
  for (const system of ['', ...systems]) {
    for (const name of await readdir(join(place, system))) {
      if (!name.endsWith('.gz') || name.startsWith('.')) continue;
      const file = join(place, system, name);
      const storedAtMs = (await stat(file).catch(() => undefined))?.mtimeMs;
      if (storedAtMs !== undefined) found.push({ key: `${prefixes.logs}${system}${name}`, file, storedAtMs });
    }
  }
  return found.toSorted((one, other) => one.storedAtMs - other.storedAtMs || (one.key < other.key ? -1 : 1));
}

/** What belongs to a base backup, but for what is stored last: with `backup.json` it is one. */
export function listBaseFiles({ id, manifest }: Pick<BaseBackup, 'id' | 'manifest'>, folder: string): KeptFile[] {
  const paths = [...manifest.files.map(({ path }) => `${names.files}/${path}.gz`), names.passwords];
  return paths.map((path) => ({
    key: `${prefixes.bases}${id}/${path}`,
    file: join(baseFolder(folder), id, path),
  }));
}

export async function* listMediaFiles(folder: string): AsyncGenerator<KeptFile> {
  for await (const { name, file } of listFiles(mediaBackupRoot(folder))) yield { key: mediaKey(name), file };
}
