import type { Clock } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import { KeyedQueue } from '../platform/shard-log/keyed-queue.ts';
import { Turns } from './turns.ts';

/** Of one origin: one is worked on, the others wait. Servers send one at a time, and again when no answer comes. */
const maxPerOrigin = 4;
/** Of all origins together. */
const maxAtOnce = 50;
const maxInAll = 500;
const retryAfterMs = 2_000;

/** What has come of one server and is worked on or waits. */
export interface WaitingOfOrigin {
  readonly count: number;
  /** For how long the oldest has been here. */
  readonly oldestMs: number;
}

interface Arrival {
  readonly origin: string;
  /** Monotonic. */
  readonly atMs: number;
}

/** Lets transactions in: one at a time of each origin, and of all together no more than this process can carry. */
export class OriginTurns {
  readonly #queue = new KeyedQueue();
  readonly #turns = new Turns(maxAtOnce);
  readonly #waiting = new Map<string, number>();
  /** Those that are not worked off, in the order of their coming. */
  readonly #arrivals = new Set<Arrival>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  get inAll(): number {
    return this.#arrivals.size;
  }

  /** How long the oldest of them has been here; 0: there is none. */
  get oldestMs(): number {
    const [oldest] = this.#arrivals;
    return oldest === undefined ? 0 : this.#clock.monotonicMs() - oldest.atMs;
  }

  waitingByOrigin(): Map<string, WaitingOfOrigin> {
    const nowMs = this.#clock.monotonicMs();
    const found = new Map<string, WaitingOfOrigin>();
    for (const { origin, atMs } of this.#arrivals) {
      const { count, oldestMs } = found.get(origin) ?? { count: 0, oldestMs: nowMs - atMs };
      found.set(origin, { count: count + 1, oldestMs });
    }
    return found;
  }

  /** Runs `work` when the origin's turn has come. Throws M_LIMIT_EXCEEDED when too much waits. */
  async run<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(origin) ?? 0;
    if (waiting >= maxPerOrigin || this.inAll >= maxInAll) throw tooMany();
    this.#waiting.set(origin, waiting + 1);
    const arrival = { origin, atMs: this.#clock.monotonicMs() };
    this.#arrivals.add(arrival);
    const endQueue = await this.#queue.acquire(origin);
    const endTurn = await this.#turns.take();
    try {
      return await work();
    } finally {
      endTurn();
      endQueue();
      this.#arrivals.delete(arrival);
      const left = (this.#waiting.get(origin) ?? 1) - 1;
      if (left > 0) this.#waiting.set(origin, left);
      else this.#waiting.delete(origin);
    }
  }
}

function tooMany(): MatrixError {
  return new MatrixError('M_LIMIT_EXCEEDED', 'Too many transactions wait already; please send this one again', {
    fields: { retry_after_ms: retryAfterMs },
  });
}

export const originTurns = perContext((context: Context) => {
  const turns = new OriginTurns(context.clock);
  context.metrics.observedGauge({
    name: 'holdfast_federation_transactions_waiting',
    help: `Transactions of other servers that are worked on or wait; ${maxInAll} at most, ${maxPerOrigin} of one server.`,
    read: () => turns.inAll,
  });
  context.metrics.observedGauge({
    name: 'holdfast_federation_oldest_received_seconds',
    help: 'How long the oldest transaction of another server that is not worked off has been here; 0: there is none.',
    read: () => turns.oldestMs / 1000,
  });
  return turns;
});
