import type { Clock } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
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
const keptOrigins = 5_000;

/** What this process knows of a server that sends to it. */
export interface OriginStatus {
  /** Transactions that are worked on or wait. */
  waiting: number;
  transactions: number;
  pdus: number;
  edus: number;
  /** Wall clock, as data. */
  lastReceivedMs: number | undefined;
  lastProblem: string | undefined;
}

/** Lets transactions in: one at a time of each origin, and of all together no more than this process can carry. */
export class OriginTurns {
  readonly #queue = new KeyedQueue();
  readonly #turns = new Turns(maxAtOnce);
  readonly #origins = new BoundedCache<string, OriginStatus>(keptOrigins);
  readonly #waiting = new Map<string, number>();
  /** When each that is not worked off came, by the monotonic clock: in the order of their coming. */
  readonly #arrivals = new Map<symbol, number>();
  readonly #clock: Pick<Clock, 'monotonicMs'>;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  get inAll(): number {
    return this.#arrivals.size;
  }

  /** How long the oldest of them has been here; 0: there is none. */
  get oldestMs(): number {
    const [oldestMs] = this.#arrivals.values();
    return oldestMs === undefined ? 0 : this.#clock.monotonicMs() - oldestMs;
  }

  statusOf(origin: string): OriginStatus {
    let status = this.#origins.get(origin);
    if (!status) {
      status = { waiting: 0, transactions: 0, pdus: 0, edus: 0, lastReceivedMs: undefined, lastProblem: undefined };
      this.#origins.set(origin, status);
    }
    return status;
  }

  /** Those that were heard of lately, by name. */
  all(): [origin: string, status: OriginStatus][] {
    return [...this.#origins.entries()].map(([origin, status]) => [
      origin,
      { ...status, waiting: this.#waiting.get(origin) ?? 0 },
    ]);
  }

  /** Runs `work` when the origin's turn has come. Throws M_LIMIT_EXCEEDED when too much waits. */
  async run<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(origin) ?? 0;
    if (waiting >= maxPerOrigin || this.inAll >= maxInAll) throw tooMany();
    this.#waiting.set(origin, waiting + 1);
    const arrival = Symbol(origin);
    this.#arrivals.set(arrival, this.#clock.monotonicMs());
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
