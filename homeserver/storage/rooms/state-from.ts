/** From a position on, an event (by its own position) is current; null: there is no such state. */
export interface StateFrom {
  readonly from: number;
  readonly event: number | null;
}
