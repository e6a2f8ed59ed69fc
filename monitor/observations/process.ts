/** What one process of the homeserver answers. */
export interface ProcessObservation {
  /** As in the configuration or in the database, such as `10.0.0.11:8008`. */
  readonly name: string;
  /** Under which the database knows it, as it says itself. */
  readonly id?: string;
  /** How long it has not answered `/health/live`; 0 when it answered just now. */
  readonly silentForMs: number;
  /** Why the last look failed, for people. */
  readonly why?: string;
  /** It was told to end and did: nothing is wrong. */
  readonly isStopped?: boolean;
  /** Of `/health/ready`; undefined while it does not answer that. */
  readonly ready?: {
    readonly writes: boolean;
    /** How long ago it last had everything that was committed. */
    readonly readerAgeMs: number;
  };
  /** The 99th percentile of the last rounds; undefined where its metrics cannot be read. */
  readonly eventLoopDelayMs?: number;
  /** How often the PostgreSQL that it runs had to be started again. */
  readonly postgresRestarts?: number;
  /** Holes in the log that its readers have reported since it started. */
  readonly logHoles?: number;
}
