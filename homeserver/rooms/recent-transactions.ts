import { forgetOldest } from '../platform/forget-oldest.ts';
import { LoadOnce } from '../platform/load-once.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { readEventAt } from '../storage/rooms/read-events.ts';
import { type RecentTransactionRows, readRecentTransactions } from '../storage/rooms/read-recent-transactions.ts';

/** How many of the shard's newest positions a repeated request is recognised in. */
const rememberedPositions = 200_000;
/** So many of the newest are told to the next owner of the shard: more than a hand-over takes. */
const handedOverCount = 2_000;

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
  readonly #handedOver: readonly HandedOverTransaction[];

  /**
   * `prepared`: those up to a position that were read before the shard changed hands. `handedOver`: the newest that the
   * owner before knew of.
   */
  constructor(shard: OwnedShard, prepared?: RecentTransactionRows, handedOver: readonly HandedOverTransaction[] = []) {
    this.#shard = shard;
    this.#prepared = prepared;
    this.#handedOver = handedOver;
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

  /** The newest, oldest first. Nothing while an event is not durable yet. */
  handOver(): HandedOverTransaction[] {
    if (this.#pending.size > 0) return [];
    return [...this.#positionByHash].slice(-handedOverCount);
  }

  async #load(): Promise<void> {
    const prepared = this.#prepared;
    const { context, id } = this.#shard;
    for (const row of prepared?.rows ?? []) this.#remember(row.hash, row.position);
    const oldestHandedOver = this.#handedOver[0]?.[1];
    // They begin among what was read: nothing is between the two.
    if (prepared && oldestHandedOver !== undefined && oldestHandedOver <= prepared.upTo) {
      for (const [hash, position] of this.#handedOver) this.#remember(hash, position);
    } else {
      const { rows } = await readRecentTransactions(context, id, rememberedPositions, prepared?.upTo);
      for (const row of rows) this.#remember(row.hash, row.position);
    }
    this.#prepared = undefined;
  }

  #remember(hash: number, position: number): void {
    this.#positionByHash.set(hash, position);
    forgetOldest(this.#positionByHash, rememberedPositions);
  }
}

/** Hash and position. */
type HandedOverTransaction = readonly [number, number];

export const recentTransactions: ShardMemory<RecentTransactions> = {
  name: 'recent-transactions',
  prepare: (context, shard) => readRecentTransactions(context, shard, rememberedPositions),
  handOver: (transactions) => transactions.handOver(),
  create: (shard, prepared, handedOver) =>
    new RecentTransactions(
      shard,
      prepared as RecentTransactionRows | undefined,
      handedOver as HandedOverTransaction[] | undefined,
    ),
};
