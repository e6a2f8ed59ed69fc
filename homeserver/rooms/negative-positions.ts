import { LoadOnce } from '../platform/load-once.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { readLowestPosition } from '../storage/rooms/read-room-summary.ts';

/**
 * Positions below zero, for events that are not in the log: outliers, rejected and soft-failed events, and history from
 * before this server came. Counted down by the shard's owner, and fenced like all that it writes.
 */
export class NegativePositions {
  #lowest = 0;
  readonly #loaded: LoadOnce;

  constructor(shard: OwnedShard) {
    this.#loaded = new LoadOnce(async () => {
      this.#lowest = Math.min(0, await readLowestPosition(shard.context, shard.id));
    });
  }

  /** Must have resolved before `take`. One query per ownership. */
  loaded(): Promise<void> {
    return this.#loaded.done();
  }

  /** All that were given out are at or above it. */
  get lowest(): number {
    return this.#lowest;
  }

  /** The next position, below all that were given out. */
  take(): number {
    return --this.#lowest;
  }
}

export const negativePositions: ShardMemory<NegativePositions> = {
  name: 'negative-positions',
  create: (shard) => new NegativePositions(shard),
};
