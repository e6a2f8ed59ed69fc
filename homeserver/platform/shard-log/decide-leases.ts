export interface ShardObservation {
  readonly id: number;
  readonly owner: string | null;
  /** By the database's clock. */
  readonly held: boolean;
}

export interface LeaseObservation {
  readonly self: string;
  readonly shards: readonly ShardObservation[];
  /** Processes that were seen lately, this one included. */
  readonly liveProcesses: readonly string[];
  /** Shards that were free at the observation before this one too. */
  readonly freeBefore: ReadonlySet<number>;
}

export interface LeaseDecision {
  readonly acquire: readonly number[];
  readonly release: readonly number[];
}

/**
 * Which shards this process should take or give away so that every live process has its share. A free shard beyond the
 * share is taken too when nobody else took it between two observations: a shard without owner is an outage.
 */
export function decideLeases(observation: LeaseObservation): LeaseDecision {
  const { self, shards, liveProcesses, freeBefore } = observation;
  const share = Math.ceil(shards.length / Math.max(1, liveProcesses.length));
  const own = shards.filter((shard) => shard.held && shard.owner === self);
  const free = shards.filter((shard) => !shard.held);
  const room = Math.max(0, share - own.length);
  const acquire = free.filter((shard, index) => index < room || freeBefore.has(shard.id));
  const others = liveProcesses.filter((process) => process !== self);
  const starving = others.some(
    (process) =>
      shards.filter((shard) => shard.owner === process && shard.held).length <
      Math.floor(shards.length / liveProcesses.length),
  );
  // One at a time, so that what moves is small and the next observation sees the result.
  const release =
    own.length > share || (own.length === share && starving && own.length > shards.length / liveProcesses.length)
      ? own.slice(0, 1)
      : [];
  return { acquire: acquire.map((shard) => shard.id), release: release.map((shard) => shard.id) };
}
