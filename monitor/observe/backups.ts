import type { BackupObservation } from '../observations/backups.ts';
import { createBadSince } from './bad-since.ts';
import { findMetric, type MetricSample } from './parse-metrics.ts';
import type { Source } from './source.ts';

/** A base backup takes its time, and one that failed is tried again: so much later than planned is late. */
export const backupSlack = 1.25;
const allowedUnverifiedMs = 31 * 86_400_000;

/** Passes may be far apart in a large store: only one that failed is late. It is tried again each minute. */
function mediaAge(failures: number, sinceLastMs: number | undefined): number | undefined {
  return failures === 0 ? undefined : (sinceLastMs ?? failures * 60_000);
}

/** The base backups that the homeserver makes of its PostgreSQL, as its metrics tell them. */
export function backupsSource(parts: {
  readonly intervalMs: number;
  readProcessMetrics(): readonly MetricSample[];
  /** Wall clock: backups know no other. */
  nowMs(): number;
}): Source<'backups'> {
  const { intervalMs, readProcessMetrics, nowMs } = parts;
  const badSince = createBadSince();
  return {
    ...{ name: 'backups', everyMs: 30_000, timeoutMs: 5_000 },
    async look(_deadline, atMs): Promise<BackupObservation> {
      const samples = readProcessMetrics();
      const read = (name: string) => findMetric(samples, `holdfast_backup_${name}`);
      const ageOf = (seconds: number | undefined) => seconds && Math.max(0, nowMs() - seconds * 1000);
      const newestAgeMs = ageOf(read('newest_verified_timestamp_seconds'));
      const verifiedAgoMs = ageOf(read('verified_timestamp_seconds'));
      const [failures = 0, lostLogs = 0, damagedFiles = 0] = ['failures', 'lost_logs', 'media_damaged'].map(read);
      const gapForMs = badSince.note('gap', lostLogs > 0, atMs);
      const bucketBehindMs = ageOf(read('bucket_waiting_since_timestamp_seconds'));
      const mediaBehindMs = mediaAge(read('media_failures') ?? 0, ageOf(read('media_last_pass_timestamp_seconds')));
      return {
        ...{ allowedAgeMs: intervalMs * backupSlack, allowedUnverifiedMs },
        // Where nobody tells of backups nothing is known of them: the process that makes them is away or has just begun.
        isUnknown: read('running') === undefined || (newestAgeMs === undefined && read('running') === 1),
        ...(newestAgeMs !== undefined && { newestAgeMs }),
        ...(verifiedAgoMs !== undefined && { verifiedAgoMs }),
        ...(bucketBehindMs !== undefined && { bucketBehindMs }),
        ...(mediaBehindMs !== undefined && { mediaBehindMs }),
        ...(lostLogs > 0 && { gap: { logs: lostLogs, forMs: gapForMs } }),
        ...(damagedFiles > 0 && { damagedFiles }),
        ...(failures > 0 && { problem: `${failures} attempts failed since the start` }),
      };
    },
  };
}
