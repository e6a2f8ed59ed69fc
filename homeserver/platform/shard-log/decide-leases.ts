export interface ShardObservation {
  readonly id: number;
  readonly owner: string | null;
  /** By the database's clock. */
  readonly held: boolean;
}

export interface LeaseObservation {
  readonly self: string;
  readonly shards: readonly ShardObservation[];
  /**
   * Processes that were seen within the time of a lease and take shards. This one is not among them when it is to give
   * up what it has; when there are none at all, it takes what is free.
   */
  readonly takers: readonly string[];
  /** Shards that have been free for so long that whoever should have taken them did not. */
  readonly freeForLong: ReadonlySet<number>;
}

/** A shard that is to be handed over. */
export interface Gift {
  readonly shard: number;
  readonly to: string;
}

export interface LeaseDecision {
  readonly acquire: readonly number[];
  readonly give: readonly Gift[];
}

/**
 * Which shards this process should take or give away so that every process that takes some has its share: a part of
 * equal size, and what is left over goes to those who come first, once everybody has that part. A shard that stays free
 * is taken by anybody: a shard without owner is an outage.
 */
export function decideLeases({ self, shards, takers, freeForLong }: LeaseObservation): LeaseDecision {
  const own = shards.filter((shard) => shard.held && shard.owner === self);
  if (takers.length > 0 && !takers.includes(self)) return { acquire: [], give: shareOut(own, shards, takers) };

  const countOf = (process: string) => shards.filter((shard) => shard.held && shard.owner === process).length;
  const takerCount = Math.max(1, takers.length);
  const least = Math.floor(shards.length / takerCount);
  const most = Math.ceil(shards.length / takerCount);
  const free = shards.filter((shard) => !shard.held);
  const others = takers.filter((process) => process !== self);
  const someoneLacks = others.some((process) => countOf(process) < least);

  const room = Math.max(0, (someoneLacks ? least : most) - own.length);
  // Processes that see the same free shards begin at different ones.
  const begin = Math.floor((free.length * Math.max(0, takers.indexOf(self))) / takerCount);
  const inTurn = [...free.slice(begin), ...free.slice(0, begin)];
  const acquire = inTurn.filter((shard, index) => index < room || freeForLong.has(shard.id)).map(({ id }) => id);

  // What is free is for those who lack. One at a time, so that what moves is small and the next look sees the result.
  const hasTooMany = own.length > most || (own.length > least && someoneLacks && free.length === 0);
  return { acquire, give: hasTooMany ? shareOut(own.slice(0, 1), shards, others) : [] };
}

/** Gives each of `gone` to whoever of `takers` has the fewest by then. */
export function shareOut(
  gone: readonly ShardObservation[],
  shards: readonly ShardObservation[],
  takers: readonly string[],
): Gift[] {
  const counts = new Map(takers.map((process) => [process, 0]));
  const add = (process: string) => void counts.set(process, (counts.get(process) ?? 0) + 1);
  for (const { held, owner } of shards) if (held && owner !== null && counts.has(owner)) add(owner);
  return gone.flatMap(({ id }) => {
    const [least] = [...counts].sort(([, one], [, other]) => one - other);
    if (!least) return [];
    add(least[0]);
    return [{ shard: id, to: least[0] }];
  });
}
