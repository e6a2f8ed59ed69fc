import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { BackupPlace } from './backup-folder.ts';
import type { Bucket } from './bucket/bucket.ts';

export interface BackupSchedule {
  readonly intervalHours: number;
  readonly keepWeeks: number;
  readonly reserveBytes: number;
}

export interface BackupRun {
  readonly place: BackupPlace;
  readonly superuserUrl: string;
  /** The folder of the media store. */
  readonly mediaStore: string;
  /** A bucket that gets all that is in the folder. */
  readonly bucket?: Bucket | undefined;
  readonly schedule: BackupSchedule;
  readonly clock: Clock;
  readonly log: Log;
}
