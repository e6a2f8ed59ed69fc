import type { SettledMessage } from '../devices/to-device/queue-to-device.ts';
import type { Context } from '../platform/context.ts';
import type { DestinationRow } from '../storage/federation/destination-row.ts';
import type { DestinationSender } from './destination-sender.ts';
import { saveDestinationsCommand } from './save-destinations.ts';

/** Who has waited for longer than this is saved as behind, so that it no longer holds up what is saved for all. */
const patienceMs = 5_000;

/** With more servers than this being sent to, their answers are gathered for a moment, and then saved together. */
const fewSenders = 20;
const gatherMs = 25;

/** What the saving of a home shard looks at. */
export interface SavedQueues {
  /** How far the logs of all shards have been routed. */
  readonly routed: readonly number[];
  senders(): Iterable<DestinationSender>;
  /** How many those are. */
  senderCount(): number;
  /** Nothing can be saved any more. */
  lost(): void;
}

interface Waiting {
  outboxUpTo: number;
  readonly settled: SettledMessage[];
  readonly done: PromiseWithResolvers<void>;
}

/** The home shard belongs to another process, or was taken anew: nothing more can be saved. */
class HomeShardLostError extends Error {
  constructor() {
    super('the home shard is no longer held');
    this.name = 'HomeShardLostError';
  }
}

/**
 * Saves how far the servers of a home shard have been sent what is for them, one command at a time: what comes while one
 * is under way shares the next.
 *
 * Two things are saved: one position for each log up to which every server of the home shard that is not behind has
 * all, and a row for each server that was sent something. What is after both has to be sent again after a crash.
 */
export class SavedPositions {
  readonly #context: Context;
  readonly #homeShard: number;
  readonly #epoch: number;
  readonly #queues: SavedQueues;
  /** As saved, or as sent to be saved with an outcome that is not known: then the lower ones may count after a crash. */
  #routed: readonly number[];
  #isRoutedSaved = true;
  readonly #waiting = new Map<DestinationSender, Waiting>();
  #saveRouted: PromiseWithResolvers<void> | undefined;
  #saving: Promise<void> | undefined;

  constructor(
    context: Context,
    held: { readonly homeShard: number; readonly epoch: number; readonly routed: readonly number[] },
    queues: SavedQueues,
  ) {
    this.#context = context;
    this.#homeShard = held.homeShard;
    this.#epoch = held.epoch;
    this.#routed = held.routed;
    this.#queues = queues;
  }

  /** Resolves when the row of the sender's destination is committed. Rejects when it cannot be at the moment. */
  save(sender: DestinationSender, outboxUpTo: number, settled?: SettledMessage): Promise<void> {
    let waiting = this.#waiting.get(sender);
    if (!waiting) {
      waiting = { outboxUpTo, settled: [], done: Promise.withResolvers() };
      waiting.done.promise.catch(() => {});
      this.#waiting.set(sender, waiting);
    }
    waiting.outboxUpTo = Math.max(outboxUpTo, waiting.outboxUpTo);
    if (settled) waiting.settled.push(settled);
    if (!this.#saving) this.#saving = this.#saveAll();
    return waiting.done.promise;
  }

  /** Saves how far the logs have been routed, unless that is saved already. */
  saveRouted(): Promise<void> {
    const isNew = this.#queues.routed.some((position, shard) => position !== this.#routed[shard]);
    if (!isNew && this.#isRoutedSaved) return Promise.resolve();
    this.#saveRouted ??= Promise.withResolvers();
    const { promise } = this.#saveRouted;
    promise.catch(() => {});
    if (!this.#saving) this.#saving = this.#saveAll();
    return promise;
  }

  async #saveAll(): Promise<void> {
    // What arrived in the same turn of the event loop goes together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.size > 0 || this.#saveRouted) {
      // A thousand servers answer within a moment; each commit of a few of them would hold up a client's message.
      if (this.#queues.senderCount() > fewSenders) await this.#context.clock.sleep(gatherMs);
      const waiting = [...this.#waiting];
      const routedDone = this.#saveRouted;
      this.#waiting.clear();
      this.#saveRouted = undefined;
      const all = [...waiting.map(([, { done }]) => done), ...(routedDone ? [routedDone] : [])];
      try {
        await this.#saveOnce(waiting, routedDone !== undefined);
        for (const done of all) done.resolve();
      } catch (error) {
        for (const done of all) done.reject(error);
      }
    }
    this.#saving = undefined;
  }

  /** Rows and positions are computed together, right before they are sent: each rests on the other. */
  async #saveOnce(waiting: readonly (readonly [DestinationSender, Waiting])[], withRouted: boolean): Promise<void> {
    const senders = new Set(waiting.map(([sender]) => sender));
    const routed = withRouted ? this.#passablePositions(senders) : this.#routed;
    this.#routed = routed;
    if (withRouted) this.#isRoutedSaved = false;
    const rows = [...senders].map((sender): [DestinationSender, DestinationRow] => [
      sender,
      this.#rowOf(sender, routed),
    ]);
    const isSaved = await this.#context.shardLog.submit(saveDestinationsCommand, this.#homeShard, {
      epoch: this.#epoch,
      routed: withRouted ? routed : null,
      rows: rows.map(([, row]) => row),
      outbox: waiting.flatMap(([sender, { outboxUpTo }]) =>
        outboxUpTo > 0 ? [[sender.server, outboxUpTo] as const] : [],
      ),
      settled: waiting.flatMap(([sender, { settled }]) => settled.map((message) => [sender.server, message] as const)),
    });
    if (!isSaved) {
      this.#queues.lost();
      throw new HomeShardLostError();
    }
    if (withRouted) this.#isRoutedSaved = true;
    for (const [sender, { isBehind }] of rows) sender.isSavedAsBehind = isBehind;
  }

  /**
   * Up to where nothing waits for servers that are not saved as behind. Those that have waited for long are added to
   * `alsoSaved`: they will be behind.
   */
  #passablePositions(alsoSaved: Set<DestinationSender>): number[] {
    const positions = [...this.#queues.routed];
    const nowMs = this.#context.clock.monotonicMs();
    for (const sender of this.#queues.senders()) {
      if (sender.isSavedAsBehind) continue;
      const reached = sender.queue.reached(this.#queues.routed);
      const isLate = sender.queue.isRecovering || nowMs - sender.waitingSinceMs > patienceMs;
      if (isLate || isBelow(reached, this.#routed)) alsoSaved.add(sender);
      else lower(positions, reached);
    }
    // What is saved never goes back: rows were written on the strength of it.
    return positions.map((position, shard) => Math.max(position, this.#routed[shard] ?? 0));
  }

  #rowOf(sender: DestinationSender, routed: readonly number[]): DestinationRow {
    const positions = sender.queue.reached(this.#queues.routed);
    const isBehind = isBelow(positions, routed);
    return { server: sender.server, positions, isBehind, lastSuccessMs: sender.lastSuccessMs };
  }
}

function isBelow(positions: readonly number[], others: readonly number[]): boolean {
  return positions.some((position, shard) => position < (others[shard] ?? 0));
}

function lower(positions: number[], by: readonly number[]): void {
  for (const [shard, position] of by.entries()) positions[shard] = Math.min(positions[shard] ?? 0, position);
}
