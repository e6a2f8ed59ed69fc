import type { Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { ConnectedUser, WaitingSync } from './connected-user.ts';

const maxWaitingPerUser = 50;
const maxWaitingPerProcess = 50_000;
/** Answering so many takes a few milliseconds; then others get their turn. */
const wokenAtOnce = 40;
/** A round may take this part of the time; the rest is for those who send. */
const roundShare = 0.5;
/** With rounds that follow each other faster there is nothing to gain, and with slower ones people would notice. */
const shortestPauseMs = 2;
const longestPauseMs = 25;

export type WaitEnd = 'news' | 'time-out' | 'closed';

/**
 * The long polls of this process. Waiting costs memory and a timer, and nothing else until there is news.
 *
 * News are told in rounds: who was answered in a round is answered again in the next one, and the next one begins when
 * this one has taken its share of the time, a few milliseconds under load and at once otherwise. So when more is said
 * than can be told to everybody one by one, each reply has several events instead of one, and those who send are not held
 * up. Who was not answered in the round does not wait for the next.
 */
export class WaitingSyncs {
  readonly #context: Context;
  readonly #wokenCounter;
  #count = 0;
  /** To be woken now. */
  #due = new Set<WaitingSync>();
  /** To be woken in the next round. */
  #next = new Set<WaitingSync>();
  #waking = false;
  #round = { startMs: Number.NEGATIVE_INFINITY, isOpen: false, nextMs: Number.NEGATIVE_INFINITY };
  #timer: Timer | undefined;

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
      if (waiting) {
        user.waiting.delete(waiting);
        this.#due.delete(waiting);
        this.#next.delete(waiting);
      }
      user.usedAtMs = this.#context.clock.monotonicMs();
    }
  }

  /** For a call that would be answered at once: undefined, or the wait for the next round of who had its turn in this one. */
  waitForRound(user: ConnectedUser): Promise<void> | undefined {
    if (!this.#hadTurn(user, this.#context.clock.monotonicMs())) return undefined;
    return new Promise<void>((resolve) => this.#addToNext({ wake: resolve }));
  }

  /** A call of the user is being answered. */
  noteAnswer(user: ConnectedUser): void {
    user.answeredAtMs = this.#context.clock.monotonicMs();
  }

  /** Wakes users' waiting calls, some now and the others in the next turns of the event loop, or in the next round. */
  wake(users: Iterable<ConnectedUser>): void {
    const nowMs = this.#context.clock.monotonicMs();
    for (const user of users) {
      if (user.waiting.size === 0) continue;
      const hadTurn = this.#hadTurn(user, nowMs);
      for (const waiting of user.waiting) {
        if (hadTurn) this.#addToNext(waiting);
        else if (!this.#next.has(waiting)) this.#due.add(waiting);
      }
    }
    if (this.#due.size > 0) this.#startWaking(nowMs);
  }

  /** Whether the user was answered in the round that is open, or whose time is not over. */
  #hadTurn(user: ConnectedUser, nowMs: number): boolean {
    return (this.#round.isOpen || nowMs < this.#round.nextMs) && user.answeredAtMs >= this.#round.startMs;
  }

  #addToNext(waiting: WaitingSync): void {
    this.#next.add(waiting);
    if (!this.#round.isOpen) this.#scheduleRound();
  }

  #startWaking(nowMs: number): void {
    if (!this.#round.isOpen && nowMs >= this.#round.nextMs) {
      this.#round = { startMs: nowMs, isOpen: true, nextMs: Number.POSITIVE_INFINITY };
    }
    if (this.#waking) return;
    this.#waking = true;
    this.#wakeSome();
  }

  #wakeSome(): void {
    let count = 0;
    for (const waiting of this.#due) {
      this.#due.delete(waiting);
      waiting.wake();
      if (++count === wokenAtOnce) break;
    }
    this.#wokenCounter.add({}, count);
    // They are answered before this.
    setImmediate(() => {
      if (this.#due.size > 0) return this.#wakeSome();
      this.#waking = false;
      if (this.#round.isOpen) this.#closeRound();
    });
  }

  #closeRound(): void {
    const { startMs } = this.#round;
    const pauseMs = Math.min((this.#context.clock.monotonicMs() - startMs) / roundShare, longestPauseMs);
    this.#round = { startMs, isOpen: false, nextMs: pauseMs < shortestPauseMs ? startMs : startMs + pauseMs };
    if (this.#next.size > 0) this.#scheduleRound();
  }

  #scheduleRound(): void {
    if (this.#timer) return;
    const leftMs = Math.max(0, this.#round.nextMs - this.#context.clock.monotonicMs());
    this.#timer = this.#context.clock.startTimer(leftMs, () => {
      this.#timer = undefined;
      for (const waiting of this.#next) this.#due.add(waiting);
      this.#next = new Set();
      this.#round.nextMs = Number.NEGATIVE_INFINITY;
      if (this.#due.size > 0) this.#startWaking(this.#context.clock.monotonicMs());
    });
  }
}
