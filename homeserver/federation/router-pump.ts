import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { HomeShard } from './home-shard.ts';

/** Entries that are read at once, where they are no longer in memory. */
const pageEntries = 500;
/** After so many others get their turn at the event loop. */
const entriesAtOnce = 100;

/** Brings a home shard up to the newest entries of all logs, in the order of each log. */
export class RouterPump {
  readonly #context: Context;
  readonly #home: HomeShard;
  #isRunning = false;
  #isWanted = false;

  constructor(context: Context, home: HomeShard) {
    this.#context = context;
    this.#home = home;
  }

  /** There may be new entries. What fails is tried again at the next call. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run()
      .catch((error: unknown) => {
        if (!this.#home.signal.aborted) this.#context.log.warn({ err: error }, 'the log could not be routed yet');
      })
      .finally(() => {
        this.#isRunning = false;
      });
  }

  async #run(): Promise<void> {
    // Whoever sent what is new is told first that it is stored: giving it to a thousand queues takes milliseconds.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#isWanted && !this.#home.signal.aborted) {
      this.#isWanted = false;
      const { routed } = this.#home;
      for (const [shard, position] of this.#context.shardLog.tail.positions().entries()) {
        // A shard that was added while this runs begins at its start.
        routed[shard] ??= 0;
        if (position > (routed[shard] ?? 0)) await this.#routeShard(shard);
      }
    }
  }

  async #routeShard(shard: number): Promise<void> {
    const { tail } = this.#context.shardLog;
    const after = this.#home.routed[shard] ?? 0;
    const inMemory = tail.entriesAfter(shard, after);
    const entries = inMemory ?? (await tail.read(shard, after, Math.min(after + pageEntries, tail.position(shard))));
    await this.#routeEntries(entries, inMemory !== undefined);
    if (tail.position(shard) > (this.#home.routed[shard] ?? 0)) this.#isWanted = true;
  }

  async #routeEntries(entries: readonly LogEntry[], isFresh: boolean): Promise<void> {
    for (const [index, entry] of entries.entries()) {
      if (this.#home.signal.aborted) return;
      await this.#home.route(entry, isFresh);
      if (index % entriesAtOnce === entriesAtOnce - 1) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}
