import { BackupError } from '../backup-error.ts';
import { makeUsable } from '../backup-folder.ts';
import type { BackupRun } from '../backup-run.ts';
import { listBaseBackups } from '../base-backup.ts';
import { backUpMedia, type MediaMemory } from './back-up-media.ts';

/** What the metrics show of the media in the backup. */
export interface MediaStatus {
  /** In the store at the last pass that ended well. */
  files: number;
  sizeBytes: number;
  /** When that pass began, seconds since 1970. */
  lastPassSeconds: number | undefined;
  /** Contents of the store that are not what their names say. */
  damaged: number;
  /** Passes in a row that failed. */
  failures: number;
}

const firstPassMs = 30_000;
const shortestPauseMs = 60_000;
/** A pass costs a hundredth of the time at most. */
const pausePerPass = 99;
const dayMs = 24 * 3_600_000;
const weekMs = 7 * dayMs;

/** Brings new media into the backup for as long as the process runs, about once a minute. */
export async function keepMedia(run: BackupRun, status: MediaStatus, signal: AbortSignal): Promise<void> {
  const { clock, log } = run;
  const memory: MediaMemory = new Map();
  let lastMessage = '';
  let pauseMs = firstPassMs;
  let forgetAtMs = clock.monotonicMs() + dayMs;
  while (!signal.aborted) {
    await clock.sleep(pauseMs, signal);
    if (signal.aborted) return;
    const beganMs = clock.monotonicMs();
    // Once a day everything is looked at, whatever changed: somebody may have deleted what the backup had.
    if (beganMs >= forgetAtMs) {
      memory.clear();
      forgetAtMs = beganMs + dayMs;
    }
    try {
      await pass(run, status, memory, signal);
      lastMessage = '';
    } catch (error) {
      if (signal.aborted) return;
      memory.clear();
      status.failures += 1;
      const { message } = error as Error;
      if (message !== lastMessage) log.error({ err: error }, 'media could not be backed up; it is tried again');
      lastMessage = message;
    }
    pauseMs = Math.max(shortestPauseMs, (clock.monotonicMs() - beganMs) * pausePerPass);
  }
}

async function pass(run: BackupRun, status: MediaStatus, memory: MediaMemory, signal: AbortSignal): Promise<void> {
  const { place, clock, log, schedule } = run;
  const problem = await makeUsable(place.folder, place.user);
  if (problem) throw new BackupError(problem);
  const beganSeconds = clock.wallMs() / 1_000;
  const { damaged, ...found } = await backUpMedia({
    ...{ store: run.mediaStore, folder: place.folder, reserveBytes: schedule.reserveBytes, clock, memory, signal },
    forgetGoneBeforeMs: await oldestNeededMs(place.folder, schedule.keepWeeks),
  });
  Object.assign(status, { files: found.files, sizeBytes: found.sizeBytes, lastPassSeconds: beganSeconds, failures: 0 });
  if (damaged.length > status.damaged) log.error({ damaged }, 'files of the media store are damaged');
  status.damaged = damaged.length;
  const { copiedFiles, copiedBytes } = found;
  if (copiedFiles > 0) log.info({ copiedFiles, copiedBytes, files: found.files }, 'media were backed up');
}

/**
 * The oldest time that can be restored, a week early: media of it stay. Counted from the newest base backup that was
 * checked, so that a clock that jumps deletes nothing; undefined where there is none.
 */
export async function oldestNeededMs(folder: string, keepWeeks: number): Promise<number | undefined> {
  const newest = (await listBaseBackups(folder)).findLast(({ verifiedAt }) => verifiedAt !== undefined);
  return newest && Date.parse(newest.manifest.endedAt) - (keepWeeks + 1) * weekMs;
}
