import type { Clock } from '@holdfast/effects/clock.ts';

const everyMs = 5_000;

/** Gives a function that says where the work is, at most every five seconds; it is silent where nobody listens. */
export function reportProgress(clock: Clock, say: ((text: string) => void) | undefined): (read: () => string) => void {
  let nextMs = clock.monotonicMs() + everyMs;
  return (read) => {
    if (!say || clock.monotonicMs() < nextMs) return;
    nextMs = clock.monotonicMs() + everyMs;
    say(read());
  };
}

/** Such as `33%, 40 of 120 MiB, 34 s left`. */
export function formatShare(doneBytes: number, allBytes: number, elapsedMs: number): string {
  const inMebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const percent = allBytes > 0 ? Math.floor((100 * doneBytes) / allBytes) : 100;
  return `${percent}%, ${inMebibytes(doneBytes)} of ${inMebibytes(allBytes)} MiB${formatLeft(doneBytes, allBytes, elapsedMs)}`;
}

/** Such as `, 34 s left`, at the pace so far; nothing before something is done. */
export function formatLeft(done: number, all: number, elapsedMs: number): string {
  return done > 0 ? `, ${Math.ceil(((elapsedMs / done) * (all - done)) / 1_000)} s left` : '';
}
