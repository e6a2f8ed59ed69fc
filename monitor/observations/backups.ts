export interface BackupObservation {
  /** Age of the newest base backup; undefined where there is none. */
  readonly newestAgeMs?: number;
  /** How old the newest may be. */
  readonly allowedAgeMs: number;
  /** How long ago one was last restored or checked in whole; undefined: never. */
  readonly verifiedAgoMs?: number;
  readonly allowedUnverifiedMs: number;
  /** For how long the oldest log waits for the bucket; 0 or undefined: none does. */
  readonly bucketBehindMs?: number;
  /** For how long media have not been brought into the backup; undefined: they are. */
  readonly mediaBehindMs?: number;
  /** Nobody tells of backups now, or the first one is being made. */
  readonly isUnknown?: boolean;
  /** The last attempt failed. */
  readonly problem?: string;
}
