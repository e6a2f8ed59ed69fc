/** A push gateway, by its host. */
export interface PushObservation {
  readonly gateway: string;
  readonly failingForMs: number;
  readonly waiting: number;
  readonly why?: string;
}
