import type { Sample } from '../observations/sample.ts';

export interface ForecastWindow {
  /** Samples older than this do not count. */
  readonly windowMs: number;
  /** Less time than this between the first and the last of them says nothing. */
  readonly leastSpanMs: number;
}

/** Sees what began just now. */
export const fastWindow: ForecastWindow = { windowMs: 5 * 60_000, leastSpanMs: 45_000 };
/** Sees what goes on day and night, and is not fooled by one large file. */
export const slowWindow: ForecastWindow = { windowMs: 6 * 3_600_000, leastSpanMs: 30 * 60_000 };

/**
 * When the line through the window's samples (least squares) comes to zero, in milliseconds from the last sample.
 * Undefined when it does not fall, or when there is too little to say so.
 */
export function forecastZero(
  samples: readonly Sample[],
  { windowMs, leastSpanMs }: ForecastWindow,
): number | undefined {
  const last = samples.at(-1);
  if (!last) return undefined;
  const used = samples.filter(({ atMs }) => atMs > last.atMs - windowMs);
  const first = used[0] as Sample;
  if (used.length < 3 || last.atMs - first.atMs < leastSpanMs) return undefined;
  const slope = slopePerMs(used);
  return slope < 0 ? Math.max(0, last.value) / -slope : undefined;
}

function slopePerMs(samples: readonly Sample[]): number {
  const meanMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length;
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / samples.length;
  let [covariance, variance] = [0, 0];
  for (const { atMs, value } of samples) {
    covariance += (atMs - meanMs) * (value - mean);
    variance += (atMs - meanMs) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}

/** The earlier of the two windows' forecasts. */
export function soonest(...forecasts: readonly (number | undefined)[]): number | undefined {
  const known = forecasts.filter((each) => each !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
