/** An event that a room's state is known to have, or to stand on, and that could not be had so far. */
export interface MissingStateEvent {
  readonly eventId: string;
  /** False: it only stands behind the state, as authority. */
  readonly isState: boolean;
}
