/**
 * The write probe of one shard: a message that is sent into the shard's canary room as any client does, and must come
 * back over /sync.
 */
export interface CanaryObservation {
  readonly shard: number;
  /** How long no message has been acknowledged; 0 when the last one was. */
  readonly refusedForMs: number;
  /** How long the oldest acknowledged message has been waited for on /sync; 0 when none is. */
  readonly unseenForMs: number;
  /** From being sent until it came back, of the last one that did. */
  readonly roundTripMs?: number;
  /** Acknowledged messages that are not in the room any more, although it was read to the end. */
  readonly lostMessages: number;
  readonly why?: string;
}
