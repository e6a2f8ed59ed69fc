import type { Clock } from '@holdfast/effects/clock.ts';
import { forEachFile } from '../packed-file.ts';
import { isSound } from './copy-content.ts';
import { listFiles, mediaBackupRoot, type StoredFile } from './media-places.ts';
import { formatShare, reportProgress } from './report-progress.ts';

export interface MediaVerification {
  readonly files: number;
  readonly sizeBytes: number;
  /** What is wrong, at most 20; nothing if all is well. */
  readonly problems: readonly string[];
}

const shownProblems = 20;
/** Files are looked at in portions: a list of all of them may be long. */
const portion = 1_000;

/** Reads every file of the media's backup and compares its SHA-256 with its name. */
export async function verifyMedia(
  folder: string,
  { clock, signal, say }: { clock: Clock; signal?: AbortSignal; say?: (text: string) => void },
): Promise<MediaVerification> {
  const { sizeBytes: allBytes } = await measureMedia(folder);
  const startMs = clock.monotonicMs();
  const progress = reportProgress(clock, say);
  const problems: string[] = [];
  let files = 0;
  let sizeBytes = 0;
  const look = async (stored: StoredFile) => {
    signal?.throwIfAborted();
    const problem = await isSound(stored, signal).then(
      (sound) => (sound ? undefined : 'its content has changed'),
      (error: Error) => error.message,
    );
    if (problem && problems.length < shownProblems) problems.push(`${stored.file}: ${problem}`);
    files += 1;
    sizeBytes += stored.sizeBytes;
    progress(() => `media: ${formatShare(sizeBytes, allBytes, clock.monotonicMs() - startMs)}`);
  };
  let some: StoredFile[] = [];
  for await (const stored of listFiles(mediaBackupRoot(folder))) {
    some.push(stored);
    if (some.length < portion) continue;
    await forEachFile(some, look);
    some = [];
  }
  await forEachFile(some, look);
  signal?.throwIfAborted();
  return { files, sizeBytes, problems };
}

export interface MediaSize {
  readonly files: number;
  readonly sizeBytes: number;
}

/** How much media a folder of backups has. */
export async function measureMedia(folder: string): Promise<MediaSize> {
  let files = 0;
  let sizeBytes = 0;
  for await (const stored of listFiles(mediaBackupRoot(folder))) {
    files += 1;
    sizeBytes += stored.sizeBytes;
  }
  return { files, sizeBytes };
}
