import type { Metrics } from '@holdfast/effects/metrics.ts';
import type { BackupPlace } from './backup-folder.ts';
import type { BucketStatus } from './bucket/bucket-mirror.ts';
import type { RunningBackups } from './run-backups.ts';

type Gauge = readonly [name: string, help: string, read: () => number | undefined];

/** What a monitor watches backups by: docs/operating/backups.md names each, and what is wrong when. */
export function observeBackups(
  metrics: Metrics,
  { status, media, bucket }: RunningBackups,
  { isSameDisk, intervalHours }: Pick<BackupPlace, 'isSameDisk'> & { readonly intervalHours: number },
): void {
  const gauges: readonly Gauge[] = [
    [
      'last_archived_timestamp_seconds',
      "When PostgreSQL's log was last archived.",
      () => status.archiver?.lastArchivedSeconds,
    ],
    [
      'archive_failures',
      'How often a log could not be archived, since the database was made.',
      () => status.archiver?.failedCount,
    ],
    ['waiting_logs', 'Logs that wait to be archived; they are 16 MiB each.', () => status.archiver?.waiting],
    ['lost_logs', 'Logs that were given up; 0 again after the next base backup.', () => status.lostLogs],
    [
      'newest_verified_timestamp_seconds',
      'When the newest base backup that was found whole was made.',
      () => status.newestVerifiedSeconds,
    ],
    ['interval_seconds', 'How often a base backup is made.', () => intervalHours * 3_600],
    ['verified_timestamp_seconds', 'When that was checked in whole.', () => status.verifiedAtSeconds],
    ['failures', 'Base backups that could not be made or checked, since the start.', () => status.failures],
    ['media_files', 'Files of the media store that are in the backup.', () => media.files],
    ['media_bytes', 'What they take.', () => media.sizeBytes],
    [
      'media_last_pass_timestamp_seconds',
      'Since when all that was in the media store is in the backup.',
      () => media.lastPassSeconds,
    ],
    ['media_failures', 'How often in a row media could not be backed up.', () => media.failures],
    ['media_damaged', 'Files of the media store that are not what their names say; 20 at most.', () => media.damaged],
    ...(bucket ? listBucketGauges(bucket) : []),
    ['stored_bytes', 'What base backups and logs take.', () => status.storedBytes],
    ['running', '1 while a base backup is made or checked, else 0.', () => Number(status.running)],
    [
      'same_disk',
      '1 where backups are on the volume of the database, which one fault takes along.',
      () => Number(isSameDisk),
    ],
  ];
  for (const [name, help, read] of gauges) metrics.observedGauge({ name: `holdfast_backup_${name}`, help, read });
}

function listBucketGauges(bucket: { readonly status: Readonly<BucketStatus> }): Gauge[] {
  return [
    ['bucket_waiting_logs', 'Archived logs that are not in the bucket yet.', () => bucket.status.waitingLogs],
    [
      'bucket_waiting_since_timestamp_seconds',
      'When the oldest log that is not in the bucket was archived, or the bucket began to fail.',
      () => bucket.status.waitingSinceSeconds,
    ],
    [
      'bucket_last_stored_timestamp_seconds',
      'When something was last stored in the bucket.',
      () => bucket.status.lastStoredSeconds,
    ],
    ['bucket_failures', 'How often in a row the bucket could not be brought up to date.', () => bucket.status.failures],
    ['bucket_objects', 'What is in the bucket, of ours.', () => bucket.status.objects],
  ];
}
