import type { DestinationSender } from './destination-sender.ts';
import type { DormantServer } from './home-shard.ts';

/** A server that waits for what is for it although no attempt has failed. */
export interface StuckDestination {
  readonly server: string;
  readonly waitingMs: number;
  /** Since something last arrived there; undefined where this process knows of nothing. */
  readonly lastSuccessAgoMs: number | undefined;
}

/** What is looked at of a home shard. */
export interface WatchedHome {
  readonly senders: ReadonlyMap<
    string,
    Pick<DestinationSender, 'failures' | 'waitingSinceMs' | 'triedSinceMs' | 'lastSuccessMs'> & {
      readonly queue: { isEmpty: boolean };
    }
  >;
  readonly dormant: ReadonlyMap<string, Pick<DormantServer, 'retryAtMs'>>;
}

/** A transaction has a minute, and a turn of its own before that. */
export const stuckAfterMs = 150_000;
/** Servers that failed last share few turns: where many are away, one waits for a while. */
export const attemptStuckAfterMs = 30 * 60_000;
const mostTold = 20;

/**
 * Servers for which something waits without a reason of theirs, those that have waited longest first and at most 20:
 * nothing has failed and nothing arrived for minutes, an attempt does not come to an end, or the time to try again is long
 * over. Servers that are away are none: their attempts fail.
 */
export function findStuckDestinations(
  homes: readonly WatchedHome[],
  now: { readonly monotonicMs: number; readonly wallMs: number },
): StuckDestination[] {
  const found: StuckDestination[] = [];
  for (const { senders, dormant } of homes) {
    for (const [server, { queue, failures, waitingSinceMs, triedSinceMs, lastSuccessMs }] of senders) {
      const waitingMs = now.monotonicMs - waitingSinceMs;
      const triedMs = triedSinceMs === undefined ? 0 : now.monotonicMs - triedSinceMs;
      const isStill = failures > 0 ? triedMs >= attemptStuckAfterMs : waitingMs >= stuckAfterMs;
      if (queue.isEmpty || !isStill) continue;
      const lastSuccessAgoMs = lastSuccessMs === null ? undefined : Math.max(0, now.wallMs - lastSuccessMs);
      found.push({ server, waitingMs, lastSuccessAgoMs });
    }
    for (const [server, { retryAtMs }] of dormant) {
      const waitingMs = now.monotonicMs - retryAtMs;
      if (waitingMs >= stuckAfterMs) found.push({ server, waitingMs, lastSuccessAgoMs: undefined });
    }
  }
  return found.sort((a, b) => b.waitingMs - a.waitingMs).slice(0, mostTold);
}
