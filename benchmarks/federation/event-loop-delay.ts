import type { Figure } from '../figure-table.ts';
import type { FederatedServer } from './federation-run.ts';

const metric = 'holdfast_event_loop_delay_seconds_bucket';

/**
 * Begins to watch how late a server's timers run, as it tells itself. The end gives, as a figure, what 99 of 100 of them
 * did not exceed since, up to the bounds of the metric; nothing for a server that tells none.
 */
export async function watchEventLoop(server: FederatedServer, key: string): Promise<() => Promise<Figure[]>> {
  const before = await readBuckets(server);
  return async () => {
    const after = await readBuckets(server);
    const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
    const all = counts.at(-1)?.[1] ?? 0;
    if (server.metricsToken === undefined || all === 0) return [];
    const [bound] = counts.find(([, count]) => count >= all * 0.99) ?? [Infinity];
    return [{ key, value: bound * 1000 }];
  };
}

/** How many samples were at most so many seconds, by that bound, in rising order. */
async function readBuckets({ baseUrl, metricsToken }: FederatedServer): Promise<Map<number, number>> {
  if (metricsToken === undefined) return new Map();
  const reply = await fetch(`${baseUrl}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
  const text = await reply.text();
  const lines = text.matchAll(new RegExp(`^${metric}\\{le="([^"]+)"\\} (\\d+)`, 'gm'));
  return new Map([...lines].map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]));
}
