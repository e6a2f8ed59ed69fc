/** A process of the homeserver, as it has entered itself in the database. One that ends as it should takes itself off. */
export interface ProcessEntry {
  readonly id: string;
  /** Where the other processes reach it. */
  readonly address: string;
  /** Since it last said that it is alive, by the database's clock. It does so several times in a lease. */
  readonly seenAgoMs: number;
  readonly startedAgoMs: number;
  /** Of its machine's clock, less the database's. */
  readonly clockOffsetMs: number;
}
