import { statfs } from 'node:fs/promises';
import { BackupError } from './backup-error.ts';
import { makeUsable } from './backup-folder.ts';
import type { BackupRun } from './backup-run.ts';
import { listBaseBackups } from './base-backup.ts';
import { BucketMirror, type BucketStatus } from './bucket/bucket-mirror.ts';
import { keepBucket } from './bucket/keep-bucket.ts';
import { type BackupNeed, decideBackup } from './decide-backup.ts';
import { listArchivedLogs } from './log-name.ts';
import { forgetLostLogs, readLostLogs } from './lost-logs.ts';
import { makeBaseBackup } from './make-base-backup.ts';
import { keepMedia, type MediaStatus } from './media/keep-media.ts';
import { verifyMedia } from './media/verify-media.ts';
import { chooseKept, deleteBackups, type KeptBackups } from './prune-backups.ts';
import { type ArchiverState, readArchiverState } from './read-archiver-state.ts';
import { verifyBaseBackup } from './verify-base-backup.ts';

/** What the metrics show; seconds since 1970 where it is a time. */
export interface BackupStatus {
  archiver: ArchiverState | undefined;
  /** When the newest base backup that was checked was finished. */
  newestVerifiedSeconds: number | undefined;
  /** When it was checked. */
  verifiedAtSeconds: number | undefined;
  storedBytes: number;
  lostLogs: number;
  failures: number;
  running: boolean;
}

export interface RunningBackups {
  readonly status: Readonly<BackupStatus>;
  readonly media: Readonly<MediaStatus>;
  /** Undefined where there is no bucket. */
  readonly bucket: { readonly status: Readonly<BucketStatus> } | undefined;
  stop(): Promise<void>;
}

const lookMs = 30_000;
/** A start has other things to do first. */
const firstLookMs = 20_000;
const retryMs = 15 * 60_000;
const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;

/** Makes, checks and deletes base backups as the schedule says, for as long as the process runs. */
export function startBackups(run: BackupRun): RunningBackups {
  const ending = new AbortController();
  const status: BackupStatus = {
    ...{ archiver: undefined, newestVerifiedSeconds: undefined, verifiedAtSeconds: undefined },
    ...{ storedBytes: 0, lostLogs: 0, failures: 0, running: false },
  };
  const { bucket, clock, log } = run;
  const signal = ending.signal;
  const mirror = bucket && new BucketMirror({ bucket, folder: run.place.folder, clock, log, signal });
  const loop = async () => {
    let waitMs = firstLookMs;
    let retryAtMs = 0;
    let lastMessage = '';
    while (!ending.signal.aborted) {
      await run.clock.sleep(waitMs, ending.signal);
      waitMs = lookMs;
      if (ending.signal.aborted) return;
      try {
        const need = await look(run, status, mirror);
        if (!need || run.clock.monotonicMs() < retryAtMs) continue;
        status.running = true;
        run.log.info({ reason: need }, 'a base backup is made');
        await backUp({ ...run, signal: ending.signal }, status);
      } catch (error) {
        if (ending.signal.aborted) return;
        const { message } = error as Error;
        if (message === lastMessage && run.clock.monotonicMs() < retryAtMs) continue;
        lastMessage = message;
        status.failures += 1;
        retryAtMs = run.clock.monotonicMs() + retryMs;
        run.log.error({ err: error, nextTryMs: retryMs }, 'no base backup could be made or checked; it is tried again');
      } finally {
        status.running = false;
      }
    }
  };
  const media: MediaStatus = { files: 0, sizeBytes: 0, lastPassSeconds: undefined, damaged: 0, failures: 0 };
  const running = Promise.all([loop(), keepMedia(run, media, signal), mirror && keepBucket(run, mirror, signal)]);
  return {
    status,
    media,
    bucket: mirror,
    async stop() {
      ending.abort();
      await running;
      bucket?.close();
    },
  };
}

/** Reads how things are, makes room where it must, and says whether a base backup is due. */
async function look(
  { place, superuserUrl, schedule, log }: BackupRun,
  status: BackupStatus,
  mirror: BucketMirror | undefined,
): Promise<BackupNeed> {
  status.archiver = await readArchiverState(superuserUrl, place.home);
  const problem = await makeUsable(place.folder, place.user);
  if (problem) throw new BackupError(problem);
  const [backups, logs, lost] = await Promise.all([
    listBaseBackups(place.folder),
    listArchivedLogs(place.folder),
    readLostLogs(place.home),
  ]);
  const { bavail, bsize } = await statfs(place.folder);
  const newest = backups.findLast(({ verifiedAt }) => verifiedAt !== undefined);
  const chosen = chooseKept(backups, logs, {
    // Counted from the newest one: a clock that jumps deletes nothing.
    keepFromMs: newest ? Date.parse(newest.manifest.endedAt) - schedule.keepWeeks * weekMs : Number.NEGATIVE_INFINITY,
    // Twice: below the reserve itself nothing is archived any more. With a bucket, that one goes back the weeks.
    isShort: mirror !== undefined || bavail * bsize < schedule.reserveBytes * 2,
  });
  const kept = mirror ? keepUnstored(chosen, mirror) : chosen;
  if (kept.deletedBackups.length + kept.deletedLogs.length > 0) {
    const deleted = { backups: kept.deletedBackups.map(({ id }) => id), logs: kept.deletedLogs.length };
    log.info(deleted, 'old backups are deleted');
    await deleteBackups(kept);
  }
  status.newestVerifiedSeconds = newest && Date.parse(newest.manifest.endedAt) / 1_000;
  const sum = (sizes: readonly { storedBytes: number }[]) => sizes.reduce((total, each) => total + each.storedBytes, 0);
  status.verifiedAtSeconds = newest?.verifiedAt === undefined ? undefined : Date.parse(newest.verifiedAt) / 1_000;
  status.storedBytes = sum(kept.backups) + sum(logs) - sum(kept.deletedLogs);
  status.lostLogs = lost.length;
  const { timeline, systemIdentifier, nowMs } = status.archiver;
  return decideBackup({ newest, timeline, systemIdentifier, lost, nowMs, intervalMs: schedule.intervalHours * hourMs });
}

/** Nothing leaves the folder before the bucket has it. */
function keepUnstored(chosen: KeptBackups, mirror: BucketMirror): KeptBackups {
  const stays = chosen.deletedBackups.filter((backup) => !mirror.hasBackup(backup));
  return {
    backups: [...stays, ...chosen.backups],
    deletedBackups: chosen.deletedBackups.filter((backup) => mirror.hasBackup(backup)),
    deletedLogs: chosen.deletedLogs.filter((log) => mirror.hasLog(log)),
  };
}

/** Makes a base backup and checks it. */
async function backUp(run: BackupRun & { signal: AbortSignal }, status: BackupStatus): Promise<void> {
  const { place, clock, log, signal } = run;
  const startMs = clock.monotonicMs();
  const lost = await readLostLogs(place.home);
  const id = await makeBaseBackup({
    ...run,
    place: { ...place, problem: undefined },
    reserveBytes: run.schedule.reserveBytes,
  });
  const backup = (await listBaseBackups(place.folder)).find((each) => each.id === id);
  if (!backup) throw new Error(`the base backup ${id} cannot be read`);
  const problems = await verifyBaseBackup(backup, await listArchivedLogs(place.folder), {
    clock,
    user: place.user,
    signal,
  });
  if (problems.length > 0) throw new Error(`the base backup ${id} is not good: ${problems.join('; ')}`);
  const media = await verifyMedia(place.folder, { clock, signal });
  if (media.problems.length > 0) {
    status.failures += 1;
    log.error({ problems: media.problems }, 'media in the backup are damaged: delete them, and they are copied again');
  }
  await forgetLostLogs(place.home, lost);
  status.newestVerifiedSeconds = Date.parse(backup.manifest.endedAt) / 1_000;
  status.verifiedAtSeconds = clock.wallMs() / 1_000;
  const { storedBytes } = backup;
  log.info(
    { id, storedBytes, durationMs: Math.round(clock.monotonicMs() - startMs) },
    'a base backup was made and checked',
  );
}
