/**
 * The dead man's switch: an outside URL is called again and again, and whoever keeps it raises an alarm when the calls
 * stay away. The alarm comes at the latest `beatEveryMs` plus what the outside allows after the monitor's death.
 */
export const beatEveryMs = 30_000;

/** What the outside should be told to allow: with it the alarm comes within three minutes, with a lost call in between. */
export const outsideGraceMs = 120_000;

export interface MonitorHealth {
  readonly atMs: number;
  readonly lastBeatMs: number | undefined;
  /** When a round of observing, deciding and acting was last finished; undefined: never. */
  readonly lastRoundMs: number | undefined;
  /** It is the one of several monitors that pages. */
  readonly isLeader: boolean;
}

/** A round takes less; a monitor that turns and finishes none is dead. */
const longestRoundMs = 30_000;

/** Only a monitor that pages, and whose rounds come to their end, may say that it is alive. */
export function isBeatDue({ atMs, lastBeatMs, lastRoundMs, isLeader }: MonitorHealth): boolean {
  if (!isLeader || lastRoundMs === undefined || atMs - lastRoundMs > longestRoundMs) return false;
  return lastBeatMs === undefined || atMs - lastBeatMs >= beatEveryMs;
}
