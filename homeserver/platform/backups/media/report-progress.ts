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

/** Such as `40 of 120 MiB, 34 s left`. */
export function formatShare(doneBytes: number, allBytes: number, elapsedMs: number): string {
  const inMebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const leftMs = doneBytes > 0 ? (elapsedMs / doneBytes) * (allBytes - doneBytes) : undefined;
  const left = leftMs === undefined ? '' : `, ${Math.ceil(leftMs / 1_000)} s left`;
  return `${inMebibytes(doneBytes)} of ${inMebibytes(allBytes)} MiB${left}`;
}
