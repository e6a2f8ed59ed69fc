/** Interactive authentication that has begun, as stored. */
export interface InteractiveSessionRow {
  readonly id: string;
  readonly operation: string;
  readonly userId: string | null;
  /** JSON array of stages. */
  readonly completed: string;
}
