import { type Summary, summarize } from '../load/summary.ts';

const warmUpMs = 300;
const roundMs = 40;
const rounds = 15;

/** What one call takes (nanoseconds): medians of rounds of many calls each, after a warm-up. */
export function measureDurationNs(action: () => unknown): Summary {
  const calls = Math.max(1, Math.round(countCalls(action, warmUpMs) * (roundMs / warmUpMs)));
  const durationsNs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    for (let call = 0; call < calls; call += 1) sink.last = action();
    durationsNs.push(((performance.now() - startedMs) * 1e6) / calls);
  }
  return summarize(durationsNs);
}

/** The last result stays reachable, so that no call can be optimised away. */
const sink: { last: unknown } = { last: undefined };

function countCalls(action: () => unknown, durationMs: number): number {
  const endMs = performance.now() + durationMs;
  let calls = 0;
  while (performance.now() < endMs) {
    sink.last = action();
    calls += 1;
  }
  return calls;
}
