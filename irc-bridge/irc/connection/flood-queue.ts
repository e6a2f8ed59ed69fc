import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import type { FloodLimit } from '../irc-network.ts';
import { IrcRefusal } from '../irc-refusal.ts';

interface Waiting {
  readonly line: string;
  readonly onWritten: () => void;
}

/**
 * The lines that one connection has yet to write. A token bucket says when; lanes (one per channel) take turns, so that
 * a channel with much to say does not hold up the others. Order is kept within a lane.
 */
export class FloodQueue {
  readonly #clock: Clock;
  readonly #limit: FloodLimit;
  readonly #maxLines: number;
  readonly #write: (line: string) => void;
  /** In the order of their next turn. */
  readonly #lanes = new Map<string, Waiting[]>();
  #length = 0;
  #tokens: number;
  #filledMs: number;
  #timer: Timer | undefined;
  #isOpen = false;

  constructor(clock: Clock, limit: FloodLimit, maxLines: number, write: (line: string) => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#maxLines = maxLines;
    this.#write = write;
    this.#tokens = limit.burstLines;
    this.#filledMs = clock.monotonicMs();
  }

  get length(): number {
    return this.#length;
  }

  /** From now on lines are written. */
  open(): void {
    this.#isOpen = true;
    this.#drain();
  }

  /** Adds a line, which is written when it is its lane's turn. Throws IrcRefusal when too many wait. */
  add(lane: string, line: string, onWritten: () => void): void {
    if (this.#length >= this.#maxLines) throw new IrcRefusal('too much waits to be said on IRC; try again later');
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.push({ line, onWritten });
    else this.#lanes.set(lane, [{ line, onWritten }]);
    this.#length += 1;
    this.#drain();
  }

  /** Forgets what waits. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isOpen = false;
    this.#lanes.clear();
    this.#length = 0;
  }

  #drain(): void {
    if (!this.#isOpen || this.#timer) return;
    this.#refill();
    while (this.#length > 0 && this.#tokens >= 1 && this.#isOpen) {
      const next = this.#takeNext();
      this.#tokens -= 1;
      this.#write(next.line);
      next.onWritten();
    }
    if (this.#length === 0 || !this.#isOpen) return;
    const waitMs = Math.max(1, Math.ceil((1 - this.#tokens) * this.#limit.lineMs));
    this.#timer = this.#clock.startTimer(waitMs, () => {
      this.#timer = undefined;
      this.#drain();
    });
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const gained = this.#limit.lineMs > 0 ? (nowMs - this.#filledMs) / this.#limit.lineMs : this.#limit.burstLines;
    this.#tokens = Math.min(this.#limit.burstLines, this.#tokens + gained);
    this.#filledMs = nowMs;
  }

  #takeNext(): Waiting {
    for (const [lane, waiting] of this.#lanes) {
      const next = waiting.shift();
      this.#lanes.delete(lane);
      if (!next) continue;
      if (waiting.length > 0) this.#lanes.set(lane, waiting);
      this.#length -= 1;
      return next;
    }
    throw new Error('the queue counts lines that it does not have');
  }
}
