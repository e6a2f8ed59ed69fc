/** How a transaction was refused, again and again. Times are monotonic. */
export interface Refusals {
  /** Number of the transaction. */
  readonly transaction: number;
  readonly status: number;
  readonly count: number;
  readonly sinceMs: number;
}

const leastCount = 20;
const leastMs = 30 * 60_000;
const askEveryMs = 5 * 60_000;
/** Of a proxy, or of one who asks for patience: they say nothing of what is in the transaction. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

/**
 * What is known of refusals after an attempt that failed. `status`: how the service answered; undefined where there was no
 * whole answer. Whatever is no refusal of this very transaction begins anew.
 */
export function noteRefusal(
  before: Refusals | undefined,
  { transaction, status }: { readonly transaction: number; readonly status: number | undefined },
  nowMs: number,
): Refusals | undefined {
  if (status === undefined || status < 400 || passingStatuses.has(status)) return undefined;
  if (before?.transaction !== transaction) return { transaction, status, count: 1, sinceMs: nowMs };
  return { ...before, status, count: before.count + 1 };
}

/** Nothing else has come of this transaction for half an hour and twenty attempts. */
export function isSuspicious({ count, sinceMs }: Refusals, nowMs: number): boolean {
  return count >= leastCount && nowMs - sinceMs >= leastMs;
}

/**
 * Tells a service that is in trouble from one that is well and cannot take one transaction: it answers a ping while it has
 * refused the same transaction, and nothing else, for half an hour. Such a service is held back: it is tried once an hour,
 * until it takes the transaction, pings, is registered anew, or a person resumes it or passes over an event.
 */
export class PoisonWatch {
  #refusals: Refusals | undefined;
  #isHeld: boolean;
  #askAgainMs = Number.NEGATIVE_INFINITY;

  /** `isHeld`: whoever watched before had come to that. */
  constructor(isHeld = false) {
    this.#isHeld = isHeld;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** An attempt failed. `ask`: whether the service answers a ping. Gives whether it is held back from now on. */
  async note(
    attempt: { readonly transaction: number; readonly status: number | undefined },
    nowMs: number,
    ask: () => Promise<boolean>,
  ): Promise<boolean> {
    if (this.#isHeld) return false;
    this.#refusals = noteRefusal(this.#refusals, attempt, nowMs);
    if (!this.#refusals || !isSuspicious(this.#refusals, nowMs) || nowMs < this.#askAgainMs) return false;
    this.#askAgainMs = nowMs + askEveryMs;
    this.#isHeld = await ask();
    return this.#isHeld;
  }

  /** It took a transaction, or is to be tried as if nothing had been. Gives whether it was held back. */
  release(): boolean {
    const wasHeld = this.#isHeld;
    this.#refusals = undefined;
    this.#isHeld = false;
    return wasHeld;
  }
}
