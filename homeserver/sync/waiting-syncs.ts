import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { ConnectedUser, WaitingSync } from './connected-user.ts';

const maxWaitingPerUser = 50;
const maxWaitingPerProcess = 50_000;
/** Answering so many takes a few milliseconds; then others get their turn. */
const wokenAtOnce = 40;

export type WaitEnd = 'news' | 'time-out' | 'closed';

/** The long polls of this process. Waiting costs memory and a timer, and nothing else until there is news. */
export class WaitingSyncs {
  readonly #context: Context;
  readonly #wokenCounter;
  #count = 0;
  #toWake: ConnectedUser[] = [];
  #waking = false;

  constructor(context: Context) {
    this.#context = context;
    context.metrics.observedGauge({
      name: 'holdfast_sync_waiting',
      help: 'Calls of /sync that wait for news',
      read: () => this.#count,
    });
    this.#wokenCounter = context.metrics.counter({
      name: 'holdfast_sync_woken_total',
      help: 'Waiting calls of /sync that were woken because something for their user came',
    });
  }

  /**
   * Waits until something for the user comes after `seenNews` (a value of `user.news`), the time is over, or the request
   * ends. Throws M_LIMIT_EXCEEDED when too many wait already.
   */
  async wait(user: ConnectedUser, seenNews: number, timeoutMs: number, signal: AbortSignal): Promise<WaitEnd> {
    if (user.dropped || user.news !== seenNews) return 'news';
    if (signal.aborted) return 'closed';
    if (timeoutMs <= 0) return 'time-out';
    if (user.waiting.size >= maxWaitingPerUser || this.#count >= maxWaitingPerProcess) {
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many calls of /sync are waiting already', {
        fields: { retry_after_ms: 1_000 },
      });
    }
    this.#count++;
    let waiting: WaitingSync | undefined;
    let cancel = () => {};
    try {
      return await new Promise<WaitEnd>((resolve) => {
        waiting = { wake: () => resolve('news') };
        user.waiting.add(waiting);
        const timer = this.#context.clock.startTimer(timeoutMs, () => resolve('time-out'));
        const close = () => resolve('closed');
        signal.addEventListener('abort', close, { once: true });
        cancel = () => {
          timer.cancel();
          signal.removeEventListener('abort', close);
        };
      });
    } finally {
      cancel();
      this.#count--;
      if (waiting) user.waiting.delete(waiting);
      user.usedAtMs = this.#context.clock.monotonicMs();
    }
  }

  /** Wakes users' waiting calls, some now and the others in the next turns of the event loop. */
  wake(users: Iterable<ConnectedUser>): void {
    for (const user of users) if (user.waiting.size > 0) this.#toWake.push(user);
    if (this.#waking || this.#toWake.length === 0) return;
    this.#waking = true;
    this.#wakeSome();
  }

  #wakeSome(): void {
    for (const user of this.#toWake.splice(0, wokenAtOnce)) {
      this.#wokenCounter.add({}, user.waiting.size);
      for (const waiting of user.waiting) waiting.wake();
    }
    if (this.#toWake.length === 0) this.#waking = false;
    else setImmediate(() => this.#wakeSome());
  }
}
