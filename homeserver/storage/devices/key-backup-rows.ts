/** What a backup holds: `etag` counts the changes of its keys. */
export interface BackupContents {
  readonly etag: number;
  readonly count: number;
}

/** The backed-up key of one session. */
export interface BackedUpKey {
  readonly roomId: string;
  readonly sessionId: string;
  readonly firstMessageIndex: number;
  readonly forwardedCount: number;
  readonly isVerified: boolean;
  /** JSON text. */
  readonly sessionData: string;
}

/** Which keys of a backup: all, those of a room, or one. */
export interface KeySelection {
  readonly roomId?: string;
  readonly sessionId?: string;
}

/** Keys of a backup that follow each other in the order of rooms and sessions, both ends included. */
export interface KeyRange {
  readonly firstRoom: string;
  readonly firstSession: string;
  readonly lastRoom: string;
  readonly lastSession: string;
}
