import { LoadOnce } from '../platform/load-once.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { readEventAt } from '../storage/rooms/read-events.ts';
import { readRecentTransactions } from '../storage/rooms/read-room-summary.ts';

/** How many of the shard's newest positions a repeated request is recognised in. */
const rememberedPositions = 200_000;

interface PendingEvent {
  readonly eventId: string;
  readonly committed: Promise<void>;
}

/**
 * Which requests the newest events of a shard answered, so that one sent twice makes one event. Kept in memory by the
 * owner and read again when a shard is taken: a new request costs no look-up.
 */
export class RecentTransactions {
  readonly #shard: OwnedShard;
  readonly #positionByHash = new Map<number, number>();
  readonly #pending = new Map<number, PendingEvent>();
  readonly #loaded = new LoadOnce(() => this.#load());

  constructor(shard: OwnedShard) {
    this.#shard = shard;
  }

  /** The event that a request of this identity (its hash) already made, durable or about to be. */
  async find(hash: number): Promise<PendingEvent | undefined> {
    await this.#loaded.done();
    const pending = this.#pending.get(hash);
    if (pending) return pending;
    const position = this.#positionByHash.get(hash);
    if (position === undefined) return undefined;
    const event = await readEventAt(this.#shard.context, this.#shard.id, position);
    return event && { eventId: event.eventId, committed: Promise.resolve() };
  }

  add(hash: number, position: number, event: PendingEvent): void {
    this.#pending.set(hash, event);
    event.committed.then(
      () => {
        this.#pending.delete(hash);
        this.#remember(hash, position);
      },
      // The shard's memory is dropped as a whole when a commit fails.
      () => {},
    );
  }

  async #load(): Promise<void> {
    const rows = await readRecentTransactions(this.#shard.context, this.#shard.id, rememberedPositions);
    for (const row of rows) this.#remember(row.hash, row.position);
  }

  #remember(hash: number, position: number): void {
    this.#positionByHash.set(hash, position);
    if (this.#positionByHash.size > rememberedPositions) {
      const oldest = this.#positionByHash.keys().next();
      if (!oldest.done) this.#positionByHash.delete(oldest.value);
    }
  }
}

export const recentTransactions: ShardMemory<RecentTransactions> = {
  name: 'recent-transactions',
  create: (shard) => new RecentTransactions(shard),
};
