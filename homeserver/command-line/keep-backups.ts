import { systemClock } from '@holdfast/effects/clock.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { BackupError } from '../platform/backups/backup-error.ts';
import { observeBackups } from '../platform/backups/backup-metrics.ts';
import type { Bucket } from '../platform/backups/bucket/bucket.ts';
import { openConfiguredBucket } from '../platform/backups/bucket/open-configured-bucket.ts';
import { type RunningBackups, startBackups } from '../platform/backups/run-backups.ts';
import type { Config } from '../platform/config/config.ts';
import { mediaFolder } from '../platform/config/media-folder.ts';
import type { Context } from '../platform/context.ts';
import type { EmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { CommandError, type CommandTerminal } from './command.ts';

/** The bucket of the backups, where one is configured. Throws CommandError where it cannot be used. */
export async function openBackupBucket({ backup }: Config): Promise<Bucket | undefined> {
  if (!backup.enabled) return undefined;
  return openConfiguredBucket(backup.bucket, systemClock, systemRandom).catch((error: Error) => {
    throw error instanceof BackupError ? new CommandError(error.message) : error;
  });
}

/** Starts the backups of the embedded PostgreSQL, as configured. */
export function keepBackups(parts: {
  readonly context: Context;
  readonly embedded: EmbeddedPostgres | undefined;
  readonly bucket: Bucket | undefined;
  readonly output: CommandTerminal;
}): RunningBackups | undefined {
  const { context, embedded, bucket, output } = parts;
  if (!embedded?.backups) return undefined;
  const { config, clock, log, metrics } = context;
  const { backups: place, superuserUrl } = embedded;
  const running = startBackups({
    ...{ place, superuserUrl, bucket, schedule: config.backup, clock, log },
    mediaStore: mediaFolder(config),
  });
  observeBackups(metrics, running, { ...place, intervalHours: config.backup.intervalHours });
  if (place.problem) output.printError(`\nBackups cannot be made: ${place.problem}\n`);
  else if (place.isSameDisk && !bucket) {
    output.printError(
      `\nBackups are kept on the same disk as the database, in ${place.folder}: they help after a mistake, and are lost ` +
        'with the disk.\nName a folder on another one (backup.folder) or a bucket (backup.bucket): docs/operating/backups.md\n',
    );
  }
  return running;
}
