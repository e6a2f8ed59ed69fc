import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import { BackupError } from '../backup-error.ts';
import { type BackupPlace, baseFolder, logFolder } from '../backup-folder.ts';
import { firstLogOf, listBaseBackups, names, parseManifest } from '../base-backup.ts';
import { giveFolder } from '../give-folder.ts';
import { parseLogName } from '../log-name.ts';
import { contentFile, goneFolder, mediaBackupRoot } from '../media/media-places.ts';
import { formatShare, reportProgress } from '../media/report-progress.ts';
import { forEachFile } from '../packed-file.ts';
import type { Bucket } from './bucket.ts';
import { manifestKey, prefixes } from './bucket-keys.ts';
import { getFile, listObjects, type StoredObject } from './objects.ts';
import { listStoredBackups, timeOfId } from './stored-backups.ts';

export interface BackupFetch {
  readonly bucket: Bucket;
  readonly place: BackupPlace;
  /** This base backup; otherwise the newest from before `beforeMs`, one that was checked before others. */
  readonly id: string | undefined;
  readonly beforeMs: number;
  readonly reserveBytes: number;
  readonly clock: Clock;
  say(text: string): void;
}

/**
 * Brings a base backup, all logs from its beginning on, and all media from the bucket into the folder of backups, where
 * they are missing. Gives the backup's id. Throws BackupError where there is none, or no room.
 */
export async function fetchBackup(fetch: BackupFetch): Promise<string> {
  const { bucket, place } = fetch;
  const bases = await Array.fromAsync(listObjects(bucket, prefixes.bases));
  const id = chooseStored(bases, fetch);
  const manifest = parseManifest((await bucket.ask({ method: 'GET', key: manifestKey(id) })).text);
  if (!manifest) throw new BackupError(`${manifestKey(id)} in the bucket is no base backup`);
  const own = (await listBaseBackups(place.folder)).some((backup) => backup.id === id);
  const unfinished = join(baseFolder(place.folder), `${id}${names.unfinished}`);
  const files = own ? [] : bases.filter(({ key }) => key.startsWith(`${prefixes.bases}${id}/`));
  const first = firstLogOf(manifest);
  const logs: StoredObject[] = [];
  for await (const object of listObjects(bucket, `${prefixes.logs}${manifest.systemIdentifier}/`)) {
    const log = parseLogName((object.key.split('/').at(-1) ?? '').replace(/\.gz$/, ''));
    // The histories of timelines too, which have no number.
    if (!log || log.number >= first.number) logs.push(object);
  }
  const inBase = (key: string) => join(unfinished, key.slice(prefixes.bases.length + id.length + 1));
  const inLogs = (key: string) => join(logFolder(place.folder), key.slice(prefixes.logs.length));
  const wanted = [
    ...files.map((object) => ({ object, file: inBase(object.key) })),
    ...(await withoutPresent(logs, inLogs)),
    ...(await withoutPresent(await Array.fromAsync(listObjects(bucket, prefixes.media)), (key) => inMedia(place, key))),
  ];
  if (files.length > 0) await rm(unfinished, { recursive: true, force: true });
  await bring(fetch, wanted);
  if (files.length > 0) {
    await giveFolder(unfinished, place.user);
    await rename(unfinished, join(baseFolder(place.folder), id));
  }
  await giveFolder(logFolder(place.folder), place.user);
  return id;
}

function chooseStored(objects: readonly StoredObject[], { id, beforeMs }: BackupFetch): string {
  const backups = listStoredBackups(new Set(objects.map(({ key }) => key)));
  const usable = backups.filter((backup) => (id === undefined ? timeOfId(backup.id) <= beforeMs : backup.id === id));
  const chosen = usable.findLast(({ isVerified }) => isVerified) ?? usable.at(-1);
  if (!chosen) throw new BackupError(`the bucket has no ${id ?? 'base backup that goes back to that time'}`);
  return chosen.id;
}

function inMedia({ folder }: BackupPlace, key: string): string {
  const name = key.slice(prefixes.media.length);
  if (!/^[0-9a-f]{64}$/.test(name)) throw new BackupError(`${key} in the bucket is no content`);
  return contentFile(mediaBackupRoot(folder), name);
}

interface WantedFile {
  readonly object: StoredObject;
  readonly file: string;
}

async function withoutPresent(objects: readonly StoredObject[], where: (key: string) => string): Promise<WantedFile[]> {
  const wanted: WantedFile[] = [];
  for (const object of objects) {
    const file = where(object.key);
    if ((await stat(file).catch(() => undefined))?.size !== object.sizeBytes) wanted.push({ object, file });
  }
  return wanted;
}

async function bring({ bucket, place, reserveBytes, clock, say }: BackupFetch, wanted: readonly WantedFile[]) {
  const allBytes = wanted.reduce((sum, { object }) => sum + object.sizeBytes, 0);
  const { bavail, bsize } = await statfs(place.folder);
  const inMebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  if (bavail * bsize - allBytes < reserveBytes) {
    throw new BackupError(
      `${place.folder} has ${inMebibytes(bavail * bsize)} free; what comes from the bucket needs ` +
        `${inMebibytes(allBytes)}, and ${inMebibytes(reserveBytes)} stay free (backup.reserve_bytes)`,
    );
  }
  say(`from the bucket: ${wanted.length} files, ${inMebibytes(allBytes)}`);
  const startMs = clock.monotonicMs();
  const progress = reportProgress(clock, say);
  let doneBytes = 0;
  await mkdir(goneFolder(mediaBackupRoot(place.folder)), { recursive: true, mode: 0o700 });
  await forEachFile(wanted, async ({ object, file }) => {
    await getFile(bucket, object, file);
    doneBytes += object.sizeBytes;
    progress(() => `from the bucket: ${formatShare(doneBytes, allBytes, clock.monotonicMs() - startMs)}`);
  });
}
