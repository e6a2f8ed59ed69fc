/**
 * Where the state after an event is stored: room_state at `base`, with the differences of a set (null: none), which adds to
 * those of another one (null: none).
 */
export interface StoredStatePlace {
  readonly base: number;
  readonly stateSet: number | null;
  readonly parentSet: number | null;
}
