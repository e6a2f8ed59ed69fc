import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';

/** Each holds what it has read, up to some megabytes, and one or two connections of the pool. */
const maxRunning = 8;
const maxWaiting = 2_000;
const longestWaitMs = 20_000;

/** Lets few syncs at once read from the tables, so that many clients coming back together do not fill the memory. */
export class TableLooks {
  readonly #context: Context;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(context: Context) {
    this.#context = context;
    context.metrics.observedGauge({
      name: 'holdfast_sync_table_looks_waiting',
      help: `Syncs that wait for their turn to read from the tables, of which ${maxRunning} do at once`,
      read: () => this.#waiting.size,
    });
  }

  /** Runs `look` when its turn has come. Throws a 503 that asks to come back later when too many are before it. */
  async run<T>(look: () => Promise<T>): Promise<T> {
    if (this.#running >= maxRunning) await this.#waitForTurn();
    else this.#running++;
    try {
      return await look();
    } finally {
      const next = this.#waiting.values().next();
      if (next.done) this.#running--;
      else next.value();
    }
  }

  /** The place of whoever ends goes over to the one that waited longest. */
  async #waitForTurn(): Promise<void> {
    if (this.#waiting.size >= maxWaiting) throw busy();
    const inTime = await new Promise<boolean>((resolve) => {
      const take = () => finish(true);
      const timer = this.#context.clock.startTimer(longestWaitMs, () => finish(false));
      const finish = (value: boolean) => {
        timer.cancel();
        this.#waiting.delete(take);
        resolve(value);
      };
      this.#waiting.add(take);
    });
    if (!inTime) throw busy();
  }
}

function busy(): MatrixError {
  return new MatrixError('M_UNKNOWN', 'Too many clients are catching up at the moment, please try again', {
    status: 503,
    fields: { retry_after_ms: 5_000 },
  });
}
