import type { Clock } from '@holdfast/effects/clock.ts';

export interface ManualClock extends Clock {
  /** Moves the time on and runs the timers that come due, in their order. */
  advance(durationMs: number): void;
}

/** A clock that stands still until a test moves it. It begins in the year 2026. */
export function makeManualClock(): ManualClock {
  const startWallMs = Date.UTC(2026, 0, 1);
  const timers = new Set<{ atMs: number; run: () => void }>();
  let nowMs = 0;
  const clock: ManualClock = {
    wallMs: () => startWallMs + nowMs,
    monotonicMs: () => nowMs,
    sleep: (durationMs) => new Promise((resolve) => clock.startTimer(durationMs, resolve)),
    startTimer(durationMs, run) {
      const timer = { atMs: nowMs + durationMs, run };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance(durationMs) {
      const endMs = nowMs + durationMs;
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs);
        if (!next) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = endMs;
    },
  };
  return clock;
}
