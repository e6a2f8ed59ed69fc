import type { Attempt } from './history.ts';

/** A time in which clients waited and nobody was told that an event is stored. */
export interface Gap {
  readonly fromMs: number;
  readonly durationMs: number;
}

/** The longest time without an acknowledgement between the beginning and the end of the load. */
export function measureLongestGap(attempts: readonly Attempt[], load: { startMs: number; endMs: number }): Gap {
  const times = attempts.flatMap(({ told }) => (told.kind === 'acknowledged' ? told.atMs : []));
  const inside = times.filter((atMs) => atMs >= load.startMs && atMs <= load.endMs).sort((a, b) => a - b);
  let longest: Gap = { fromMs: load.startMs, durationMs: 0 };
  let lastMs = load.startMs;
  for (const atMs of [...inside, load.endMs]) {
    if (atMs - lastMs > longest.durationMs) longest = { fromMs: lastMs, durationMs: atMs - lastMs };
    lastMs = atMs;
  }
  return longest;
}
