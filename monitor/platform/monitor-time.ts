import type { Clock } from '@holdfast/effects/clock.ts';

/**
 * The monitor's time: milliseconds since 1970 that go on by the clock that never jumps. A wall clock that is stepped
 * moves nothing here; what the database says does, since that is what several monitors have in common.
 */
export interface MonitorTime {
  nowMs(): number;
  /** What the database's clock said just now. Differences that a slow answer explains change nothing. */
  correct(databaseMs: number): void;
}

const slackMs = 2_000;

export function createMonitorTime(clock: Clock): MonitorTime {
  let offsetMs = clock.wallMs() - clock.monotonicMs();
  return {
    nowMs: () => Math.round(clock.monotonicMs() + offsetMs),
    correct(databaseMs) {
      const correctedMs = databaseMs - clock.monotonicMs();
      if (Math.abs(correctedMs - offsetMs) > slackMs) offsetMs = correctedMs;
    },
  };
}
