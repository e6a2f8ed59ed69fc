export interface BackupObservation {
  /** Age of the newest base backup; undefined where there is none. */
  readonly newestAgeMs?: number;
  /** How old the newest may be. */
  readonly allowedAgeMs: number;
  /** How long ago one was last restored or checked in whole; undefined: never. */
  readonly verifiedAgoMs?: number;
  /** Undefined: whoever makes them checks them, and nobody here knows when. */
  readonly allowedUnverifiedMs?: number;
  /** For how long the oldest log waits for the bucket; 0 or undefined: none does. */
  readonly bucketBehindMs?: number;
  /** For how long media have not been brought into the backup; undefined: they are. */
  readonly mediaBehindMs?: number;
  /** Nobody tells of backups now, or the first one is being made. */
  readonly isUnknown?: boolean;
  /** Logs that are missing among the archived ones since the newest base backup, and for how long that is known. */
  readonly gap?: { readonly logs: number; readonly forMs: number };
  /** Files of the media store that are not what their names say. */
  readonly damagedFiles?: number;
  /** The last attempt failed. */
  readonly problem?: string;
}
