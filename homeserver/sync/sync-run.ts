import type { Context } from '../platform/context.ts';
import type { CandidateRoom } from './candidate-rooms.ts';
import type { ConnectedUser } from './connected-user.ts';
import type { RangeDigest } from './digest-range.ts';
import type { EventReader } from './event-text.ts';
import type { SyncHub } from './sync-hub.ts';
import type { SyncRange, SyncRequest } from './sync-request.ts';

/** One look for what a reply should tell: who asks for what, and where it is found. */
export interface SyncRun {
  readonly context: Context;
  readonly hub: SyncHub;
  readonly user: ConnectedUser;
  readonly request: SyncRequest;
  readonly range: SyncRange;
  readonly reader: EventReader;
  /** Everything in the range, if this process has it all in memory; undefined: the tables answer. */
  readonly digest: RangeDigest | undefined;
  /** Rooms that may have news, as the user's rooms were when the range ended. */
  readonly candidates: readonly CandidateRoom[];
  /** Users whose events the user does not want to see. */
  readonly ignored: ReadonlySet<string>;
}

/** Where the range begins in a shard; undefined in an initial sync. */
export function sinceIn(run: SyncRun, shard: number): number | undefined {
  return run.range.since === undefined ? undefined : (run.range.since[shard] ?? 0);
}

export function toIn(run: SyncRun, shard: number): number {
  return run.range.to[shard] ?? 0;
}
