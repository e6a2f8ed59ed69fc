/** A server through which calls go. */
export interface TurnObservation {
  readonly uri: string;
  readonly failingForMs: number;
  readonly why?: string;
}
