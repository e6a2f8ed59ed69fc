import { readBackOff } from '../remote-servers/back-off/back-offs.ts';
import { homeShardOf } from '../storage/federation/read-destinations.ts';
import { idleSending, type SendingStatus } from './destination-status.ts';
import { droppedItems } from './dropped-items.ts';
import type { HomeShard } from './home-shard.ts';

/** How it stands with the servers of a home shard for which something waits, or that refused something for good. */
export function describeDestinations({ id, context, senders, dormant }: HomeShard): SendingStatus[] {
  const dropped = droppedItems.of(context);
  const droppedOf = (server: string) => {
    const items = dropped.get(server);
    return { dropped: items?.count ?? 0, lastDropped: items?.last ?? null };
  };
  const nowMs = context.clock.monotonicMs();
  const active = [...senders.values()].map((sender): SendingStatus => {
    const { queue, server, failures, lastSuccessMs } = sender;
    const backOff = readBackOff(context, server);
    return {
      server,
      state: sender.isWaiting ? 'waiting' : queue.isRecovering ? 'catching-up' : 'sending',
      queued: queue.length,
      waitingMs: Math.round(nowMs - Math.min(sender.waitingSinceMs, sender.awaySinceMs)),
      retryInMs: sender.isWaiting ? (backOff?.retryInMs ?? null) : null,
      lastSuccessTs: lastSuccessMs,
      lastError: failures > 0 ? (sender.lastError ?? null) : null,
      ...droppedOf(server),
    };
  });
  const asleep = [...dormant].map(
    ([server, { retryAtMs, awaySinceMs }]): SendingStatus => ({
      ...{ server, state: 'waiting', queued: 0 },
      waitingMs: Math.round(nowMs - awaySinceMs),
      retryInMs: Math.max(0, Math.round(retryAtMs - nowMs)),
      lastSuccessTs: null,
      lastError: readBackOff(context, server)?.lastError ?? null,
      ...droppedOf(server),
    }),
  );
  const atRest = [...dropped.entries()].flatMap(([server]): SendingStatus[] => {
    const isOther = senders.has(server) || dormant.has(server) || homeShardOf(context, server) !== id;
    return isOther ? [] : [{ ...idleSending, server, lastSuccessTs: null, ...droppedOf(server) }];
  });
  return [...active, ...asleep, ...atRest];
}
