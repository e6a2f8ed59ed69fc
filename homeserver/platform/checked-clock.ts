import type { Clock } from '@holdfast/effects/clock.ts';

/** A machine's clock that is further off than this is wrong. */
export const clockOffsetLimitMs = 5_000;

/** A clock that is told now and then what time it really is. */
export interface CheckedClock extends Clock {
  /** What the machine says, right or wrong: for judging it, and for nothing else. */
  machineMs(): number;
  /** Tells it what time it is now, in milliseconds since 1970. */
  setRight(nowMs: number): void;
}

/**
 * The clock of a process whose machine may have a wrong one. From what it was told last it counts on by the monotonic
 * clock: once the machine's time is more than 5 s from that, the machine is left out, from the moment of the jump on,
 * and is believed again by itself when it is right.
 */
export function createCheckedClock(machine: Clock): CheckedClock {
  /** The right time, less the monotonic clock; undefined until it is first told. */
  let rightAtZeroMs: number | undefined;
  return {
    ...machine,
    machineMs: () => machine.wallMs(),
    wallMs() {
      const machineMs = machine.wallMs();
      if (rightAtZeroMs === undefined) return machineMs;
      const rightMs = rightAtZeroMs + machine.monotonicMs();
      return Math.abs(machineMs - rightMs) > clockOffsetLimitMs ? Math.round(rightMs) : machineMs;
    },
    setRight(nowMs) {
      rightAtZeroMs = nowMs - machine.monotonicMs();
    },
  };
}
