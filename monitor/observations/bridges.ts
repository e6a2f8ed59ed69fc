/** One direction of a bridge or application service. */
export interface BridgeObservation {
  /** Such as `irc-bridge libera`. */
  readonly name: string;
  readonly direction: 'from Matrix' | 'to Matrix';
  /** How long no canary has arrived; undefined where there is none. */
  readonly canaryAgeMs?: number;
  /** From how long a silence on somebody is told of it; undefined: only when it is not allowed any more. */
  readonly toldAfterMs?: number;
  /** For how long silence is allowed. */
  readonly allowedSilenceMs: number;
  /** How long the oldest event has waited; 0 when none does. */
  readonly oldestWaitingMs: number;
  readonly waiting: number;
  /** An administrator stopped it. */
  readonly isPaused?: boolean;
  /** It is well and refuses the same transaction again and again: the homeserver tries it once an hour. */
  readonly isHeldBack?: boolean;
  readonly lastError?: string;
}
