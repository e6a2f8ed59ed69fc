import { mkdir, statfs } from 'node:fs/promises';
import type { Clock } from '@holdfast/effects/clock.ts';
import { BackupError } from '../backup-error.ts';
import { forEachFile } from '../packed-file.ts';
import { copyContent } from './copy-content.ts';
import { contentFile, listFiles, mediaBackupRoot, type StoredFile, sizeOfFile } from './media-places.ts';
import { formatShare, reportProgress } from './report-progress.ts';

/** What is to be brought back. */
export interface MissingMedia {
  /** The folder of the media store. */
  readonly store: string;
  readonly files: readonly StoredFile[];
  readonly sizeBytes: number;
}

/** Finds the files of the backup that the store lacks. Changes nothing. */
export async function findMissingMedia(folder: string, store: string): Promise<MissingMedia> {
  const files = new Map<string, StoredFile>();
  let sizeBytes = 0;
  for await (const stored of listFiles(mediaBackupRoot(folder))) {
    if (files.has(stored.name) || (await sizeOfFile(contentFile(store, stored.name))) === stored.sizeBytes) continue;
    files.set(stored.name, stored);
    sizeBytes += stored.sizeBytes;
  }
  return { store, files: [...files.values()], sizeBytes };
}

/** Throws BackupError where the store's volume has no room for what is missing. */
export async function requireMediaRoom({ store, sizeBytes }: MissingMedia, reserveBytes: number): Promise<void> {
  await mkdir(store, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(store);
  if (bavail * bsize - sizeBytes >= reserveBytes) return;
  const inMebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new BackupError(
    `${store} has ${inMebibytes(bavail * bsize)} free; the files that are missing need ${inMebibytes(sizeBytes)}, and ` +
      `${inMebibytes(reserveBytes)} stay free (backup.reserve_bytes)`,
  );
}

/**
 * Puts the files that the store lacks back into it. Each is read and summed; one that is damaged in the backup is left
 * out and named. What is in the store already is not touched.
 */
export async function restoreMedia(
  missing: MissingMedia,
  { clock, reserveBytes, say }: { clock: Clock; reserveBytes: number; say?: (text: string) => void },
): Promise<{ readonly files: number; readonly damaged: readonly string[] }> {
  await requireMediaRoom(missing, reserveBytes);
  const startMs = clock.monotonicMs();
  const progress = reportProgress(clock, say);
  const damaged: string[] = [];
  let files = 0;
  let doneBytes = 0;
  await forEachFile(missing.files, async (content) => {
    const target = contentFile(missing.store, content.name);
    if (await copyContent({ content, target, reserveBytes, mayLink: true })) files += 1;
    else damaged.push(content.name);
    doneBytes += content.sizeBytes;
    progress(() => `media: ${formatShare(doneBytes, missing.sizeBytes, clock.monotonicMs() - startMs)}`);
  });
  return { files, damaged };
}
