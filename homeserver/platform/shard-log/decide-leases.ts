export interface ShardObservation {
  readonly id: number;
  readonly owner: string | null;
  /** By the database's clock. */
  readonly held: boolean;
}

export interface LeaseObservation {
  readonly self: string;
  readonly shards: readonly ShardObservation[];
  /** Processes that were seen within the time of a lease, this one included. */
  readonly liveProcesses: readonly string[];
  /** Shards that have been free for so long that whoever should have taken them did not. */
  readonly freeForLong: ReadonlySet<number>;
}

export interface LeaseDecision {
  readonly acquire: readonly number[];
  readonly release: readonly number[];
}

/**
 * Which shards this process should take or give away so that every live process has its share: a part of equal size,
 * and what is left over goes to those who come first, once everybody has that part. A shard that stays free is taken by
 * anybody: a shard without owner is an outage.
 */
export function decideLeases({ self, shards, liveProcesses, freeForLong }: LeaseObservation): LeaseDecision {
  const ownedBy = (process: string) => shards.filter((shard) => shard.held && shard.owner === process);
  const processCount = Math.max(1, liveProcesses.length);
  const least = Math.floor(shards.length / processCount);
  const most = Math.ceil(shards.length / processCount);
  const own = ownedBy(self);
  const free = shards.filter((shard) => !shard.held);
  const someoneLacks = liveProcesses.some((process) => process !== self && ownedBy(process).length < least);

  const room = Math.max(0, (someoneLacks ? least : most) - own.length);
  // Processes that see the same free shards begin at different ones.
  const begin = Math.floor((free.length * Math.max(0, liveProcesses.indexOf(self))) / processCount);
  const inTurn = [...free.slice(begin), ...free.slice(0, begin)];
  const acquire = inTurn.filter((shard, index) => index < room || freeForLong.has(shard.id));

  // What is free is for those who lack. One at a time, so that what moves is small and the next look sees the result.
  const hasTooMany = own.length > most || (own.length > least && someoneLacks && free.length === 0);
  const release = hasTooMany ? own.slice(0, 1) : [];
  return { acquire: acquire.map((shard) => shard.id), release: release.map((shard) => shard.id) };
}
