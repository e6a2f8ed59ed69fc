import { type Clock, systemClock } from './clock.ts';

/** A wait was over before what it waited for. Callers at the edge answer with 503 or 504; the outcome is unknown. */
export class DeadlineExceededError extends Error {
  readonly what: string;
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${timeoutMs} ms`);
    this.name = 'DeadlineExceededError';
    this.what = what;
    this.timeoutMs = timeoutMs;
  }
}

/**
 * One end for everything that is done for a purpose, however many steps it has. Hand it on instead of a time-out, so
 * that the steps cannot each take the whole time.
 */
export interface Deadline {
  /** On the monotonic clock. */
  readonly endMs: number;
  /** Aborts at the end with DeadlineExceededError as its reason, or when the signal that it was made with does. */
  readonly signal: AbortSignal;
  /** Never below 0. */
  remainingMs(): number;
  /** Waits for `work`, but no longer than the end. Throws what the signal aborted with. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Throws if it is over. */
  check(): void;
  /** Call when the purpose is fulfilled: the timer stops and the signal never aborts any more. */
  finish(): void;
}

export interface DeadlineOptions {
  readonly clock?: Clock;
  /** Ends the deadline early, such as a request's client that went away. */
  readonly signal?: AbortSignal | undefined;
}

/** Starts a deadline; `what` is for the error, as in `asking example.org for its keys`. */
export function startDeadline(timeoutMs: number, what: string, options: DeadlineOptions = {}): Deadline {
  const { clock = systemClock, signal: outer } = options;
  const endMs = clock.monotonicMs() + timeoutMs;
  const controller = new AbortController();
  const timer = clock.startTimer(Math.max(0, timeoutMs), () => {
    controller.abort(new DeadlineExceededError(what, timeoutMs));
  });
  const passOn = () => {
    timer.cancel();
    controller.abort(outer?.reason);
  };
  if (outer?.aborted) passOn();
  else outer?.addEventListener('abort', passOn, { once: true });
  return {
    endMs,
    signal: controller.signal,
    remainingMs: () => Math.max(0, endMs - clock.monotonicMs()),
    race: (work) => raceSignal(work, controller.signal),
    check: () => controller.signal.throwIfAborted(),
    finish() {
      timer.cancel();
      outer?.removeEventListener('abort', passOn);
    },
  };
}

/**
 * Waits for `work` for at most `timeoutMs`, then throws DeadlineExceededError. A function gets a signal that aborts at
 * that moment; a promise goes on unheard, and a later failure of it is not reported.
 */
export async function withDeadline<T>(
  work: Promise<T> | ((signal: AbortSignal) => Promise<T>),
  timeoutMs: number,
  what: string,
  options: DeadlineOptions = {},
): Promise<T> {
  const deadline = startDeadline(timeoutMs, what, options);
  try {
    if (typeof work !== 'function') return await deadline.race(work);
    deadline.check();
    return await deadline.race(work(deadline.signal));
  } finally {
    deadline.finish();
  }
}

function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
