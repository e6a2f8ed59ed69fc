import { readBackOff } from '../remote-servers/back-off/back-offs.ts';
import type { DestinationStatus } from './destination-status.ts';
import type { HomeShard } from './home-shard.ts';

/** How it stands with the servers of a home shard for which something waits. */
export function describeDestinations({ context, senders, dormant }: HomeShard): DestinationStatus[] {
  const nowMs = context.clock.monotonicMs();
  const active = [...senders.values()].map((sender): DestinationStatus => {
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
    };
  });
  const asleep = [...dormant].map(
    ([server, { retryAtMs, awaySinceMs }]): DestinationStatus => ({
      ...{ server, state: 'waiting', queued: 0 },
      waitingMs: Math.round(nowMs - awaySinceMs),
      retryInMs: Math.max(0, Math.round(retryAtMs - nowMs)),
      lastSuccessTs: null,
      lastError: readBackOff(context, server)?.lastError ?? null,
    }),
  );
  return [...active, ...asleep];
}
