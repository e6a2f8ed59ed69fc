import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { heardFrom } from '../remote-servers/back-off/back-offs.ts';
import { homeShardOf } from '../storage/federation/read-destinations.ts';
import { destinationOwners } from './destination-owners.ts';

/** Ends the back-off on the process that sends to the server, and has it try what the server refused. Writes nothing. */
export const retryDestinationCommand: Command<{ readonly server: string }, null> = {
  name: 'retry-destination',
  key: ({ server }) => `retry ${server}`,
  releases: 'decided',
  decide({ context }, { server }) {
    heardFrom(context, server);
    destinationOwners.of(context).owner?.retrySetAside(server, true);
    return { result: null, committed: Promise.resolve() };
  },
};

/** Has a server tried again at once by the process that sends to it. */
export async function retryDestination(context: Context, server: string): Promise<void> {
  await context.shardLog.submit(retryDestinationCommand, homeShardOf(context, server), { server });
}
