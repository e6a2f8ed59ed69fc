import type { Filter } from '@holdfast/protocol/filters/parse-filter.ts';

/** One call of /sync, checked and with its filter compiled. https://spec.matrix.org/v1.19/client-server-api/#syncing */
export interface SyncRequest {
  readonly userId: string;
  readonly deviceId: string;
  readonly filter: Filter;
  /** Positions by shard of the token that the client gave; undefined: an initial sync. */
  readonly since: readonly number[] | undefined;
  readonly fullState: boolean;
  /** Tell the state at the end of the timeline (`state_after`) and not at its start (`state`). */
  readonly useStateAfter: boolean;
  readonly timeoutMs: number;
  /** Ends the wait; what there is then is the answer. */
  readonly signal: AbortSignal;
}

/** What one reply covers: everything in each shard's log above `since` and up to `to`. */
export interface SyncRange {
  /** Undefined: from the beginning, as a snapshot. */
  readonly since: readonly number[] | undefined;
  readonly to: readonly number[];
}
