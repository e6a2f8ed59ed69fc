import { BackupError } from '../backup-error.ts';
import { makeUsable } from '../backup-folder.ts';
import type { BackupRun } from '../backup-run.ts';
import type { BucketMirror } from './bucket-mirror.ts';

const passMs = 5_000;
const longestPauseMs = 60_000;
/** Looking for new media costs a hundredth of the time at most. */
const shortestMediaPauseMs = 60_000;
const pausePerMediaPass = 99;
const pruneMs = 3_600_000;

/**
 * Stores what comes into the folder of backups in the bucket too, for as long as the process runs. While the bucket is
 * away the folder keeps everything; nothing is given up for it.
 */
export async function keepBucket(run: BackupRun, mirror: BucketMirror, signal: AbortSignal): Promise<void> {
  const { clock, log, place, schedule } = run;
  let lastMessage = '';
  let mediaDueMs = 0;
  let pruneDueMs = clock.monotonicMs() + pruneMs;
  while (!signal.aborted) {
    await clock.sleep(Math.min(longestPauseMs, passMs * 2 ** Math.min(5, mirror.status.failures)), signal);
    if (signal.aborted) return;
    const beganMs = clock.monotonicMs();
    try {
      const problem = await makeUsable(place.folder, place.user);
      if (problem) throw new BackupError(problem);
      const withMedia = beganMs >= mediaDueMs;
      const count = await mirror.pass({ withMedia });
      if (withMedia) {
        const tookMs = clock.monotonicMs() - beganMs;
        mediaDueMs = clock.monotonicMs() + Math.max(shortestMediaPauseMs, tookMs * pausePerMediaPass);
      }
      if (lastMessage !== '') log.info({ files: count }, 'the bucket takes backups again');
      lastMessage = '';
      if (clock.monotonicMs() < pruneDueMs) continue;
      pruneDueMs = clock.monotonicMs() + pruneMs;
      await mirror.prune(schedule.keepWeeks);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error as Error;
      if (message !== lastMessage) log.error({ err: error }, 'backups could not be stored in the bucket; they wait');
      lastMessage = message;
    }
  }
}
