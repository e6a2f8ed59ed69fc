import type { Context } from '../../platform/context.ts';

const sliceMs = 8;

/** Calls `work` for each item, and lets other requests have their turn every few milliseconds. */
export async function inSlices<T>(
  { clock }: Pick<Context, 'clock'>,
  items: Iterable<T>,
  work: (item: T) => void,
): Promise<void> {
  let startedMs = clock.monotonicMs();
  for (const item of items) {
    work(item);
    if (clock.monotonicMs() - startedMs < sliceMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    startedMs = clock.monotonicMs();
  }
}
