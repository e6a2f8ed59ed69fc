import { createCheckedClock } from '../platform/checked-clock.ts';
import type { Context } from '../platform/context.ts';
import type { PlatformContext } from '../platform/platform-context.ts';
import { ShardLog } from '../platform/shard-log/shard-log.ts';
import { openOwnKeys } from '../remote-servers/keys/own-keys.ts';
import { shardPreparation } from '../rooms/shard-preparation.ts';
import { readEventEntries } from '../storage/rooms/read-event-entries.ts';
import { commands } from './commands.ts';
import { openServerFacts } from './server-facts.ts';

export interface OpenedContext {
  readonly context: Context;
  /** The same as the context's, with its life cycle: not started yet. */
  readonly shardLog: ShardLog;
}

/** Makes the context of a process from its platform and what the homeserver's processes share. */
export async function openContext(platform: PlatformContext, serverName: string): Promise<OpenedContext> {
  const facts = await openServerFacts(platform.database, platform.random, serverName);
  const { clusterSecret, firstSigningKey } = facts;
  const ownKeys = await openOwnKeys(platform, firstSigningKey);
  const clock = createCheckedClock(platform.clock);
  // The log takes the context that it is part of.
  const context: Context & { shardLog: ShardLog } = {
    ...{ ...platform, serverName, clock, shardLog: undefined as never },
    get signingKey() {
      return ownKeys.current;
    },
  };
  context.shardLog = new ShardLog(context, {
    ...{ clock, commands, preparation: shardPreparation },
    readEventEntries: (shard, after, upTo) => readEventEntries(context, shard, after, upTo),
    secret: clusterSecret,
  });
  return { context, shardLog: context.shardLog };
}
