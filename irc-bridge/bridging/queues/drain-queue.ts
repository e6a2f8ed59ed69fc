import type { Clock } from '@holdfast/effects/clock.ts';
import type { Random } from '@holdfast/effects/random.ts';

export interface DrainQueueOptions<Entry> {
  readonly clock: Clock;
  readonly random: Random;
  /** Entries that `read` gives at most. */
  readonly batchEntries: number;
  /** The oldest entries of a key, in order; none when it is empty. */
  read(key: string): Promise<readonly Entry[]>;
  /** Does what the entry asks for and takes it away. Throws when it cannot be done now: it is tried again. */
  process(key: string, entry: Entry): Promise<void>;
  /** For how long nothing of the key can succeed after an error, where that is known. */
  pauseOf?(error: unknown): number | undefined;
  /** Called for each failure, with how long the key waits now. */
  onFailure(key: string, error: unknown, pauseMs: number): void;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** As long as somebody waits who has been told how long to wait. */
const longestToldPauseMs = 5 * 60_000;
/** Keys that are worked on at once; the others wait for their turn. */
const maxActive = 200;

interface Drain {
  /** Something may have come since the last reading. */
  isWoken: boolean;
  /** Ends the pause that it is in. */
  hurry: AbortController;
}

/**
 * Empties stored queues: one entry after the other within a key, keys beside each other. What fails is tried again, with
 * pauses that grow, before anything behind it, so the order of a key is never changed.
 */
export class DrainQueue<Entry> {
  readonly #options: DrainQueueOptions<Entry>;
  readonly #drains = new Map<string, Drain>();
  readonly #turns: (() => void)[] = [];
  #active = 0;
  #isClosed = false;

  constructor(options: DrainQueueOptions<Entry>) {
    this.#options = options;
  }

  /** Keys that have something, or are being looked at. */
  get activeKeys(): number {
    return this.#drains.size;
  }

  /** Something was stored for the key. */
  wake(key: string): void {
    if (this.#isClosed) return;
    const drain = this.#drains.get(key);
    if (drain) {
      drain.isWoken = true;
      return;
    }
    const started: Drain = { isWoken: true, hurry: new AbortController() };
    this.#drains.set(key, started);
    void this.#run(key, started);
  }

  /** What failed may succeed now: pauses end. */
  hurry(isMeant: (key: string) => boolean = () => true): void {
    for (const [key, drain] of this.#drains) if (isMeant(key)) drain.hurry.abort();
  }

  /** Ends after the entries that are being worked on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.hurry();
    while (this.#drains.size > 0) await this.#options.clock.sleep(5);
  }

  async #run(key: string, drain: Drain): Promise<void> {
    let pauseMs = firstPauseMs;
    while (drain.isWoken && !this.#isClosed) {
      drain.isWoken = false;
      try {
        await this.#takeTurn();
        try {
          if (await this.#empty(key, () => (pauseMs = firstPauseMs))) drain.isWoken = true;
        } finally {
          this.#giveTurn();
        }
      } catch (error) {
        if (this.#isClosed) break;
        const toldMs = Math.min(this.#options.pauseOf?.(error) ?? 0, longestToldPauseMs);
        const waitMs = Math.max(pauseMs, toldMs) * (0.5 + this.#options.random.fraction());
        this.#options.onFailure(key, error, waitMs);
        await this.#options.clock.sleep(waitMs, drain.hurry.signal);
        if (drain.hurry.signal.aborted) {
          drain.hurry = new AbortController();
          pauseMs = firstPauseMs;
        } else pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        drain.isWoken = true;
      }
    }
    this.#drains.delete(key);
  }

  /** Works on what is there; true when there may be more. */
  async #empty(key: string, onProgress: () => void): Promise<boolean> {
    const entries = await this.#options.read(key);
    for (const entry of entries) {
      if (this.#isClosed) return false;
      await this.#options.process(key, entry);
      onProgress();
    }
    return entries.length === this.#options.batchEntries;
  }

  async #takeTurn(): Promise<void> {
    if (this.#active < maxActive) {
      this.#active += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#turns.push(resolve));
  }

  #giveTurn(): void {
    const next = this.#turns.shift();
    if (next) next();
    else this.#active -= 1;
  }
}
