export interface BackupObservation {
  /** Age of the newest base backup; undefined where there is none. */
  readonly newestAgeMs?: number;
  /** How old the newest may be. */
  readonly allowedAgeMs: number;
  /** How long ago one was last restored or checked in whole; undefined: never. */
  readonly verifiedAgoMs?: number;
  readonly allowedUnverifiedMs: number;
  /** Nobody tells of backups now, or the first one is being made. */
  readonly isUnknown?: boolean;
  /** The last attempt failed. */
  readonly problem?: string;
}
