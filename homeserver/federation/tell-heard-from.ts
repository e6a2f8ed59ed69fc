import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import { homeShardOf } from '../storage/federation/read-destinations.ts';
import { wakeDestinationCommand } from './save-destinations.ts';

/** A server that sends all the time is told of once in this time. */
const everyMs = 10_000;
const keptServers = 20_000;

/** When each server was last told of; monotonic. */
const toldAtMs = perContext(() => new BoundedCache<string, number>(keptServers));

/** Has what waits for a server sent at once, on whichever process that is: it has shown that it is there. */
export function tellHeardFrom(context: Context, server: string): void {
  const nowMs = context.clock.monotonicMs();
  if (nowMs - (toldAtMs.of(context).get(server) ?? -everyMs) < everyMs) return;
  toldAtMs.of(context).set(server, nowMs);
  context.shardLog
    .submit(wakeDestinationCommand, homeShardOf(context, server), { server })
    .catch((error: unknown) => context.log.debug({ server, err: error }, 'a server is not tried again at once'));
}
