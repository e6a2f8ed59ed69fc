import { LoadOnce } from '../platform/load-once.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { readEventAt } from '../storage/rooms/read-events.ts';
import { type RecentTransactionRows, readRecentTransactions } from '../storage/rooms/read-recent-transactions.ts';

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
  #prepared: RecentTransactionRows | undefined;

  /** `prepared`: those up to a position that were read before the shard changed hands. */
  constructor(shard: OwnedShard, prepared?: RecentTransactionRows) {
    this.#shard = shard;
    this.#prepared = prepared;
    // What is still missing is read before anybody asks; a failure is met by the first who does.
    if (prepared) this.#loaded.done().catch(() => {});
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
    const prepared = this.#prepared;
    const { context, id } = this.#shard;
    const read = await readRecentTransactions(context, id, rememberedPositions, prepared?.upTo);
    for (const { rows } of prepared ? [prepared, read] : [read]) {
      for (const row of rows) this.#remember(row.hash, row.position);
    }
    this.#prepared = undefined;
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
  prepare: (context, shard) => readRecentTransactions(context, shard, rememberedPositions),
  create: (shard, prepared) => new RecentTransactions(shard, prepared as RecentTransactionRows | undefined),
};
