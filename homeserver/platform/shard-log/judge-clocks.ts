import { clockOffsetLimitMs } from '../checked-clock.ts';

/**
 * By how much the database's clock is to be corrected to get the right time, given how far each live process's machine
 * is from it (milliseconds, the process's minus the database's). The database is believed, because it is the one clock
 * that all have in common, unless more than half of the processes, and at least two, agree with one another on another
 * time: then it is the database's machine that is wrong.
 */
export function judgeClocks(offsetsMs: readonly number[]): number {
  const sorted = [...offsetsMs].sort((a, b) => a - b);
  const medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const agreeing = sorted.filter((offsetMs) => Math.abs(offsetMs - medianMs) <= clockOffsetLimitMs);
  const isMajority = agreeing.length >= 2 && agreeing.length * 2 > sorted.length;
  return isMajority && Math.abs(medianMs) > clockOffsetLimitMs ? medianMs : 0;
}
