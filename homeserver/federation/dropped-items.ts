import { BoundedCache } from '../platform/bounded-cache.ts';
import { perContext } from '../platform/per-context.ts';

/** What a server never got, since it refused it whenever it was sent. */
export interface DroppedItems {
  readonly count: number;
  /** The last one, in words. */
  readonly last: string;
}

const keptServers = 1_000;

/** By server, since the process was started. */
export const droppedItems = perContext(() => new BoundedCache<string, DroppedItems>(keptServers));
