export interface BackupObservation {
  /** Age of the newest base backup; undefined where there is none. */
  readonly newestAgeMs?: number;
  /** How old the newest may be. */
  readonly allowedAgeMs: number;
  /** How long ago one was last restored or checked in whole; undefined: never. */
  readonly verifiedAgoMs?: number;
  readonly allowedUnverifiedMs: number;
  /** The last attempt failed. */
  readonly problem?: string;
}
