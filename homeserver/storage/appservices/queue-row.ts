/** How far a service has been sent what is for it. */
export interface QueueRow {
  readonly id: string;
  /** By shard: all that is for it up to there has reached it. */
  readonly positions: readonly number[];
  /** Of the transaction on its way, or of the last one. */
  readonly transactionNumber: number;
  /** What the transaction on its way holds, as JSON. */
  readonly transaction: string | null;
  /** null leaves what is there. */
  readonly lastSuccessMs: number | null;
  /** Number of the transaction for which the service is held back; null, or another number: it is not. */
  readonly heldTransaction: number | null;
}

export interface StoredQueue extends QueueRow {
  readonly isPaused: boolean;
}

/** Something that was passed over. */
export interface SkipRow {
  readonly service: string;
  readonly skippedMs: number;
  readonly transactionNumber: number;
  readonly what: string;
  readonly lastError: string | null;
}
