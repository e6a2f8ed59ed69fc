import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';
import { connectionsOf, nameResolvers, type OutsideContext } from '../connections/connections-of.ts';
import { fetchUrl } from '../connections/fetch-url.ts';
import { readResponse } from '../connections/read-response.ts';
import { findRoute, type Route } from './find-route.ts';
import { type WellKnownAnswer, WellKnownFiles } from './well-known.ts';

interface CachedRoute {
  readonly route: Route;
  readonly untilMs: number;
}

/** SRV records are asked for again after so long; Node.js does not tell how long the DNS would have them kept. */
const routeAgeMs = 5 * 60_000;
const cachedRoutes = 20_000;
const wellKnownTimeoutMs = 10_000;
const wellKnownBytes = 50 * 1024;

/** The ways to servers that this process has found lately. */
export class RouteCache {
  readonly #context: OutsideContext;
  readonly #files: WellKnownFiles;
  readonly #routes = new BoundedCache<string, CachedRoute>(cachedRoutes);

  constructor(context: OutsideContext) {
    this.#context = context;
    this.#files = new WellKnownFiles((url) => fetchWellKnown(context, url), context.clock);
  }

  get size(): number {
    return this.#routes.size;
  }

  /** As `findRoute`, remembered for a few minutes. */
  async find(serverName: string, deadline: Deadline): Promise<Route> {
    const { clock, random } = this.#context;
    const cached = this.#routes.get(serverName);
    if (cached && clock.monotonicMs() < cached.untilMs) return cached.route;
    const finder = {
      ...{ resolver: nameResolvers.of(this.#context), random },
      findDelegate: (host: string, end: Deadline) => this.#files.findDelegate(host, end),
    };
    const route = await findRoute(finder, serverName, deadline);
    if (route.isCertain) this.#routes.set(serverName, { route, untilMs: clock.monotonicMs() + routeAgeMs });
    return route;
  }

  /** The way is looked for again: nothing could be reached on it. */
  forget(serverName: string): void {
    this.#routes.delete(serverName);
  }
}

export const routeCaches: PerContext<OutsideContext, RouteCache> = perContext((context) => {
  const routes = new RouteCache(context);
  context.metrics.observedGauge({
    name: 'holdfast_remote_routes_cached',
    help: 'Servers whose address is known without asking the DNS; 20,000 at most.',
    read: () => routes.size,
  });
  return routes;
});

/**
 * Reads a well-known file: 50 KiB and ten seconds at most, redirections included. `url` has no port but in tests. Throws
 * errors that `describeConnectionError` can tell.
 */
export async function fetchWellKnown(context: OutsideContext, url: string): Promise<WellKnownAnswer> {
  const { clock } = context;
  const deadline = startDeadline(wellKnownTimeoutMs, `reading ${url}`, { clock });
  try {
    const response = await fetchUrl(connectionsOf.of(context), url, deadline, true);
    const { 'cache-control': cacheControl, expires } = response.headers;
    const body = await readResponse(response, wellKnownBytes, deadline);
    return { status: response.statusCode ?? 0, headers: { 'cache-control': cacheControl, expires }, body };
  } finally {
    deadline.finish();
  }
}
