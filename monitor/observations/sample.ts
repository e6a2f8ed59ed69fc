/** A number at a moment of the monitor's time. Lists of them are in order, the newest last. */
export interface Sample {
  readonly atMs: number;
  readonly value: number;
}
