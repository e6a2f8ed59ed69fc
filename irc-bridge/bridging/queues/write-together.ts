import type { Clock } from '@holdfast/effects/clock.ts';

export interface WriteTogetherOptions<Item> {
  readonly clock: Clock;
  /** What may wait; more is refused. */
  readonly maxItems: number;
  readonly maxTogether: number;
  write(items: readonly Item[]): Promise<void>;
  onFailure(error: unknown): void;
}

const pauseMs = 500;

/** Writes items in their order, all that came during one write together in the next. A failed write is made again. */
export class WriteTogether<Item> {
  readonly #options: WriteTogetherOptions<Item>;
  #items: Item[] = [];
  #writing: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: WriteTogetherOptions<Item>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#items.length;
  }

  /** False when too many wait. */
  add(item: Item): boolean {
    if (this.#items.length >= this.#options.maxItems) return false;
    this.#items.push(item);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return true;
  }

  /** Tries once more to write what is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  async #write(): Promise<void> {
    // What comes in the same turn of the event loop goes together.
    await Promise.resolve();
    while (this.#items.length > 0) {
      const items = this.#items.slice(0, this.#options.maxTogether);
      try {
        await this.#options.write(items);
        this.#items.splice(0, items.length);
      } catch (error) {
        this.#options.onFailure(error);
        if (this.#closing.signal.aborted) return;
        await this.#options.clock.sleep(pauseMs, this.#closing.signal);
      }
    }
  }
}
