import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readOutboxCounts } from '../storage/devices/read-outbox.ts';
import { readDestinations } from '../storage/federation/read-destinations.ts';
import { destinationOwners } from './destination-owners.ts';
import { type DestinationStatus, idleSending, type SendingStatus } from './destination-status.ts';
import { originTurns } from './origin-turns.ts';

/** How it stands with a server that sends to us. */
export interface OriginStatusReport {
  readonly server: string;
  /** Transactions that are worked on or wait for their turn. */
  readonly waiting: number;
  readonly transactions: number;
  readonly pdus: number;
  readonly edus: number;
  readonly lastReceivedTs: number | null;
  readonly lastProblem: string | null;
}

/** What one process knows. */
interface StatusPart {
  readonly destinations: readonly SendingStatus[];
  readonly origins: readonly OriginStatusReport[];
}

export interface FederationStatus {
  readonly destinations: readonly DestinationStatus[];
  /** Since the processes that own shards were started, those heard of lately. */
  readonly origins: readonly OriginStatusReport[];
}

/** What the process that sends for a home shard knows. Writes nothing. */
export const readFederationStatusCommand: Command<null, StatusPart> = {
  name: 'read-federation-status',
  key: () => 'read-federation-status',
  releases: 'decided',
  decide({ context, id }) {
    const destinations = destinationOwners.of(context).owner?.describe(id) ?? [];
    // A process tells what it receives once, however many shards it has.
    const isFirst = context.shardLog.ownedShards().every((shard) => shard >= id);
    const result = { destinations, origins: isFirst ? describeOrigins(context) : [] };
    return { result, committed: Promise.resolve() };
  },
};

function describeOrigins(context: Context): OriginStatusReport[] {
  return originTurns
    .of(context)
    .all()
    .map(([server, { lastReceivedMs, lastProblem, ...counts }]) => ({
      ...{ server, ...counts },
      ...{ lastReceivedTs: lastReceivedMs ?? null, lastProblem: lastProblem ?? null },
    }));
}

const noMessages = { waitingMessages: 0, setAside: 0, lastSetAside: null };

/** How it stands with all other servers, over all processes, by name. Throws 503 while a shard has no owner. */
export async function readFederationStatus(context: Context): Promise<FederationStatus> {
  const shards = Array.from({ length: context.shardLog.shardCount }, (_, shard) => shard);
  const [rows, outbox, ...parts] = await Promise.all([
    readDestinations(context),
    readOutboxCounts(context.database),
    ...shards.map((shard) => context.shardLog.submit(readFederationStatusCommand, shard, null)),
  ]);
  const destinations = new Map<string, DestinationStatus>(
    rows.map(({ server, lastSuccessMs }) => [
      server,
      { ...idleSending, ...noMessages, server, lastSuccessTs: lastSuccessMs },
    ]),
  );
  for (const status of parts.flatMap((part) => part.destinations)) {
    const lastSuccessTs = status.lastSuccessTs ?? destinations.get(status.server)?.lastSuccessTs ?? null;
    destinations.set(status.server, { ...status, ...noMessages, lastSuccessTs });
  }
  for (const { destination: server, waiting, setAside, problem } of outbox) {
    const known = destinations.get(server) ?? { ...idleSending, ...noMessages, server, lastSuccessTs: null };
    destinations.set(server, { ...known, waitingMessages: waiting, setAside, lastSetAside: problem });
  }
  return {
    destinations: [...destinations.values()].sort(byServer),
    origins: addUp(parts.flatMap((part) => part.origins)).sort(byServer),
  };
}

/** What several processes received of the same server. */
function addUp(reports: readonly OriginStatusReport[]): OriginStatusReport[] {
  const sums = new Map<string, OriginStatusReport>();
  for (const report of reports) {
    const sum = sums.get(report.server);
    if (!sum) {
      sums.set(report.server, report);
      continue;
    }
    const later = (sum.lastReceivedTs ?? 0) > (report.lastReceivedTs ?? 0) ? sum : report;
    sums.set(report.server, {
      ...later,
      waiting: sum.waiting + report.waiting,
      transactions: sum.transactions + report.transactions,
      pdus: sum.pdus + report.pdus,
      edus: sum.edus + report.edus,
      lastProblem: report.lastProblem ?? sum.lastProblem,
    });
  }
  return [...sums.values()];
}

function byServer(a: { readonly server: string }, b: { readonly server: string }): number {
  return a.server < b.server ? -1 : 1;
}
