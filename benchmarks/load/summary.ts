/** What is said of a set of samples, all in the samples' own unit. */
export interface Summary {
  readonly samples: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** Nearest-rank percentile of ascending values; `share` is between 0 and 1. */
export function percentile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const rank = Math.min(ascending.length, Math.max(1, Math.ceil(share * ascending.length)));
  return ascending[rank - 1] as number;
}

/** Summarises samples in any order. */
export function summarize(values: Iterable<number>): Summary {
  const ascending = Float64Array.from(values).sort();
  let sum = 0;
  for (const value of ascending) sum += value;
  return {
    samples: ascending.length,
    min: percentile(ascending, 0),
    p50: percentile(ascending, 0.5),
    p99: percentile(ascending, 0.99),
    max: percentile(ascending, 1),
    mean: sum / ascending.length,
  };
}

/** The middle value (the lower of two middle ones). */
export function median(values: Iterable<number>): number {
  return summarize(values).p50;
}
