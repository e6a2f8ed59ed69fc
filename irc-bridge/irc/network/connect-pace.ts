import type { Clock } from '@holdfast/effects/clock.ts';

/** Lets the connections of a network be made one after another: many users must not look like an attack. */
export class ConnectPace {
  readonly #clock: Clock;
  readonly #paceMs: number;
  #nextMs = 0;

  constructor(clock: Clock, paceMs: number) {
    this.#clock = clock;
    this.#paceMs = paceMs;
  }

  /** Resolves when it is the caller's turn, or when `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = turnMs + this.#paceMs;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs, signal);
  }
}
