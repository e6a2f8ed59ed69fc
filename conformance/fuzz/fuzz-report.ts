/** What a run of hostile requests showed. */
export interface FuzzReport {
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly problems: readonly string[];
  /** What else there is to tell, as sentences. */
  readonly more?: readonly string[];
}
