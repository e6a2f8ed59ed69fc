/**
 * The only source of time. `wallMs` is data (timestamps that people see) and never decides anything (`checked-clock.ts`
 * sees to it that it is right even where the machine's clock is not);
 * durations and deadlines use `monotonicMs`; leases use the database's clock.
 */
export interface Clock {
  /** Milliseconds since 1970 as this machine believes; may jump. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never jumps. */
  monotonicMs(): number;
  /** Resolves after `durationMs`, or at once when `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `durationMs`; does not keep the process alive. */
  startTimer(durationMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(durationMs, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timeout);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timeout = setTimeout(finish, durationMs);
      signal?.addEventListener('abort', finish, { once: true });
    });
  },
  startTimer(durationMs, run) {
    const timeout = setTimeout(run, durationMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};
