import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';

/** What becomes of an event that is not taken. */
export const refusedOutcomes = [
  ...['rejected', 'soft-failed', 'acl', 'signature', 'key', 'malformed', 'too-large'],
  ...['not-in-room', 'unknown-room', 'failed'],
] as const;

/** Something that happened, in words. */
export interface Noted {
  readonly text: string;
  /** Wall clock, as data. */
  readonly atMs: number;
}

/** What this process knows of a server that sends to it, since the process was started. */
export interface OriginRecord {
  transactions: number;
  pdus: number;
  edus: number;
  lastReceivedMs: number | undefined;
  /** How many of its events came to what, see ReceivedOutcome and receivePdus. */
  readonly outcomes: Map<string, number>;
  /** The last event that was not taken, and why. */
  lastRefusal: Noted | undefined;
  /** Why its last transaction could not be taken in; undefined when one was since. */
  lastProblem: Noted | undefined;
}

/** Requests that were not let in although they name a server; whether it sent them nobody knows. */
export interface RefusedRequests {
  readonly count: number;
  readonly last: Noted;
}

const keptOrigins = 5_000;
/** Apart from those that are proven: whoever makes names up pushes out made-up names only. */
const keptClaimed = 1_000;
const longestText = 500;

interface OriginRecords {
  readonly received: BoundedCache<string, OriginRecord>;
  readonly refusedRequests: BoundedCache<string, RefusedRequests>;
}

export const originRecords = perContext(
  (): OriginRecords => ({ received: new BoundedCache(keptOrigins), refusedRequests: new BoundedCache(keptClaimed) }),
);

/** The record of a server, begun where there is none. */
export function recordOf(context: Context, origin: string): OriginRecord {
  const { received } = originRecords.of(context);
  let record = received.get(origin);
  if (!record) {
    record = {
      ...{ transactions: 0, pdus: 0, edus: 0, outcomes: new Map<string, number>() },
      ...{ lastReceivedMs: undefined, lastRefusal: undefined, lastProblem: undefined },
    };
    received.set(origin, record);
  }
  return record;
}

/** Counts what became of an event. `refusal`: why it was not taken, in words. */
export function noteOutcome(context: Context, origin: string, outcome: string, refusal?: string): void {
  const record = recordOf(context, origin);
  record.outcomes.set(outcome, (record.outcomes.get(outcome) ?? 0) + 1);
  if (refusal !== undefined) record.lastRefusal = noted(context, refusal);
}

/** Notes that a request that names a server was not let in. */
export function noteRefusedRequest(context: Context, claimedOrigin: string, reason: string): void {
  const { refusedRequests } = originRecords.of(context);
  const count = (refusedRequests.get(claimedOrigin)?.count ?? 0) + 1;
  refusedRequests.set(claimedOrigin, { count, last: noted(context, reason) });
}

export function noted({ clock }: Context, text: string): Noted {
  return { text: text.slice(0, longestText), atMs: Math.round(clock.wallMs()) };
}
