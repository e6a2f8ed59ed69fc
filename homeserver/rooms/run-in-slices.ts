import type { Context } from '../platform/context.ts';

const sliceMs = 8;

/** Runs a generator to its end, and lets other work have its turn every few milliseconds. */
export async function runInSlices<Result>(
  { clock }: Pick<Context, 'clock'>,
  slices: Generator<void, Result>,
): Promise<Result> {
  let startedMs = clock.monotonicMs();
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
    if (clock.monotonicMs() - startedMs < sliceMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    startedMs = clock.monotonicMs();
  }
}
