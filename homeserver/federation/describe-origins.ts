import type { Context } from '../platform/context.ts';
import { type Noted, originRecords } from './origin-records.ts';
import { originTurns } from './origin-turns.ts';

/** How it stands with a server that sends to us. Times are milliseconds, those of day since 1970. */
export interface OriginStatus {
  readonly server: string;
  /** Transactions that are worked on or wait for their turn. */
  readonly waiting: number;
  /** For how long the oldest of them has been here. */
  readonly oldestWaitingMs: number;
  readonly transactions: number;
  readonly pdus: number;
  readonly edus: number;
  readonly lastReceivedTs: number | null;
  /** How many of its events came to what: `accepted`, `rejected`, `acl`, `signature`, `key` and so on. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The last event that was not taken, and why. */
  readonly lastRefusal: Noted | null;
  /** Requests in its name that were not let in; whether it sent them nobody knows. */
  readonly refusedRequests: number;
  readonly lastRefusedRequest: Noted | null;
  /** Why its last transaction could not be taken in; null when one was since. */
  readonly lastProblem: Noted | null;
}

/** The servers that this process has heard of lately. */
export function describeOrigins(context: Context): OriginStatus[] {
  const { received, refusedRequests } = originRecords.of(context);
  const waiting = originTurns.of(context).waitingByOrigin();
  const servers = new Set<string>(waiting.keys());
  for (const known of [received, refusedRequests]) for (const [server] of known.entries()) servers.add(server);
  return [...servers].map((server) => {
    const record = received.get(server);
    const refused = refusedRequests.get(server);
    const { count = 0, oldestMs = 0 } = waiting.get(server) ?? {};
    return {
      ...{ server, waiting: count, oldestWaitingMs: Math.round(oldestMs) },
      ...{ transactions: record?.transactions ?? 0, pdus: record?.pdus ?? 0, edus: record?.edus ?? 0 },
      lastReceivedTs: record?.lastReceivedMs ?? null,
      outcomes: Object.fromEntries(record?.outcomes ?? []),
      lastRefusal: record?.lastRefusal ?? null,
      ...{ refusedRequests: refused?.count ?? 0, lastRefusedRequest: refused?.last ?? null },
      lastProblem: record?.lastProblem ?? null,
    };
  });
}

/** A process of the version before this one tells less. */
type OriginReport = Partial<OriginStatus> & Pick<OriginStatus, 'server'>;

const nothingKnown: Omit<OriginStatus, 'server'> = {
  ...{ waiting: 0, oldestWaitingMs: 0, transactions: 0, pdus: 0, edus: 0, lastReceivedTs: null, outcomes: {} },
  ...{ lastRefusal: null, refusedRequests: 0, lastRefusedRequest: null, lastProblem: null },
};

/** What several processes received of the same server. */
export function addUpOrigins(reports: readonly OriginReport[]): OriginStatus[] {
  const sums = new Map<string, OriginStatus>();
  for (const partial of reports) {
    const report = { ...nothingKnown, ...partial };
    const sum = sums.get(report.server);
    sums.set(report.server, sum ? addUp(sum, report) : report);
  }
  return [...sums.values()];
}

function addUp(one: OriginStatus, other: OriginStatus): OriginStatus {
  const outcomes: Record<string, number> = { ...one.outcomes };
  for (const [outcome, count] of Object.entries(other.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  return {
    ...{ server: one.server, outcomes },
    waiting: one.waiting + other.waiting,
    oldestWaitingMs: Math.max(one.oldestWaitingMs, other.oldestWaitingMs),
    transactions: one.transactions + other.transactions,
    pdus: one.pdus + other.pdus,
    edus: one.edus + other.edus,
    lastReceivedTs: Math.max(one.lastReceivedTs ?? 0, other.lastReceivedTs ?? 0) || null,
    lastRefusal: later(one.lastRefusal, other.lastRefusal),
    refusedRequests: one.refusedRequests + other.refusedRequests,
    lastRefusedRequest: later(one.lastRefusedRequest, other.lastRefusedRequest),
    lastProblem: later(one.lastProblem, other.lastProblem),
  };
}

function later(one: Noted | null, other: Noted | null): Noted | null {
  return (one?.atMs ?? 0) >= (other?.atMs ?? 0) ? one : other;
}
