import type { Sample } from '../observations/sample.ts';

/** How dense the samples are kept: by age, the least distance between two. */
const densities = [
  { olderThanMs: 600_000, leastGapMs: 300_000 },
  { olderThanMs: 0, leastGapMs: 10_000 },
] as const;
const keptMs = 6 * 3_600_000;

/** Adds a sample: ten minutes are kept closely, six hours thinly, and nothing before. At most about 130 remain. */
export function addSample(samples: readonly Sample[], added: Sample): Sample[] {
  const kept: Sample[] = [];
  for (const sample of samples) {
    const ageMs = added.atMs - sample.atMs;
    if (ageMs > keptMs || ageMs <= 0) continue;
    const gapMs = densities.find(({ olderThanMs }) => ageMs >= olderThanMs)?.leastGapMs ?? 0;
    const last = kept.at(-1);
    if (!last || sample.atMs - last.atMs >= gapMs) kept.push(sample);
  }
  return [...kept, added];
}
