/** What the process that sends to a server knows. Times are milliseconds, those of day since 1970. */
export interface SendingStatus {
  readonly server: string;
  /**
   * 'idle': it has all. 'sending': something is on its way or about to be. 'waiting': the last attempt failed, and the
   * next one comes by itself. 'catching-up': it was away, and is being sent what it missed.
   */
  readonly state: 'idle' | 'sending' | 'waiting' | 'catching-up';
  /** Events and EDUs in memory; what else waits is in the tables. */
  readonly queued: number;
  /** For how long something has been waiting. */
  readonly waitingMs: number;
  readonly retryInMs: number | null;
  readonly lastSuccessTs: number | null;
  readonly lastError: string | null;
  /** Events and EDUs that it never got, since it refused every transaction with them; since the process was started. */
  readonly dropped: number;
  /** The last one of them, and why. */
  readonly lastDropped: string | null;
}

/** How it stands with a server that is sent something. */
export interface DestinationStatus extends SendingStatus {
  /** Events that wait in the tables for a server that has been away, 1,000 where there are more; null: not counted. */
  readonly waitingEvents: number | null;
  /** Messages to devices that wait in their turn. */
  readonly waitingMessages: number;
  /** Messages to devices that it refuses alone while it takes others: kept, and tried again by themselves. */
  readonly setAside: number;
  /** Why the last one of them is refused. */
  readonly lastSetAside: string | null;
}

/** It has all that is for it. */
export const idleSending: Omit<SendingStatus, 'server' | 'lastSuccessTs'> = {
  ...{ state: 'idle', queued: 0, waitingMs: 0, retryInMs: null },
  ...{ lastError: null, dropped: 0, lastDropped: null },
};
