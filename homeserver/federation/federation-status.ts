import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readOutboxCounts } from '../storage/devices/read-outbox.ts';
import type { StoredDestination } from '../storage/federation/destination-row.ts';
import { readDestinations } from '../storage/federation/read-destinations.ts';
import { countMissedEvents } from '../storage/federation/read-missed-events.ts';
import { addUpOrigins, describeOrigins, type OriginStatus } from './describe-origins.ts';
import { destinationOwners } from './destination-owners.ts';
import { type DestinationStatus, idleSending, type SendingStatus } from './destination-status.ts';

/** What one process knows. */
interface StatusPart {
  readonly destinations: readonly SendingStatus[];
  readonly origins: readonly OriginStatus[];
}

export interface FederationStatus {
  readonly destinations: readonly DestinationStatus[];
  /** Since the processes that own shards were started, those heard of lately. */
  readonly origins: readonly OriginStatus[];
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

const nothingCounted = { waitingEvents: null, waitingMessages: 0, setAside: 0, lastSetAside: null };
/** Waiting events are counted for so many servers: those that were there last. */
const mostCounted = 50;

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
      { ...idleSending, ...nothingCounted, server, lastSuccessTs: lastSuccessMs },
    ]),
  );
  for (const status of parts.flatMap((part) => part.destinations)) {
    const lastSuccessTs = status.lastSuccessTs ?? destinations.get(status.server)?.lastSuccessTs ?? null;
    destinations.set(status.server, { ...status, ...nothingCounted, lastSuccessTs });
  }
  for (const { destination: server, waiting, setAside, problem } of outbox) {
    const known = destinations.get(server) ?? { ...idleSending, ...nothingCounted, server, lastSuccessTs: null };
    destinations.set(server, { ...known, waitingMessages: waiting, setAside, lastSetAside: problem });
  }
  for (const [server, waitingEvents] of await countWaitingEvents(context, rows)) {
    const known = destinations.get(server);
    if (known) destinations.set(server, { ...known, waitingEvents });
  }
  return {
    destinations: [...destinations.values()].sort(byServer),
    origins: addUpOrigins(parts.flatMap((part) => part.origins)).sort(byServer),
  };
}

async function countWaitingEvents(
  context: Context,
  rows: readonly StoredDestination[],
): Promise<[server: string, count: number][]> {
  const behind = rows.filter(({ isBehind }) => isBehind).sort((a, b) => a.behindForMs - b.behindForMs);
  const counts: [string, number][] = [];
  // One after another: this is read while something is wrong already.
  for (const { server, positions } of behind.slice(0, mostCounted)) {
    counts.push([server, await countMissedEvents(context, server, positions)]);
  }
  return counts;
}

function byServer(a: { readonly server: string }, b: { readonly server: string }): number {
  return a.server < b.server ? -1 : 1;
}
