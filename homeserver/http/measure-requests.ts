import type { Metrics } from '@holdfast/effects/metrics.ts';

/** Counts a reply and its duration. */
export type MeasureRequest = (operation: string, status: number, durationMs: number) => void;

const maxSeries = 3_000;

export function measureRequests(metrics: Metrics): MeasureRequest {
  const replies = metrics.counter({
    name: 'holdfast_http_replies_total',
    help: 'Replies by operation (the name in the specification) and HTTP status.',
    labels: ['operation', 'status'],
    maxSeries,
  });
  const durations = metrics.histogram({
    name: 'holdfast_http_duration_seconds',
    help: 'From the request line to the reply, long polls included.',
    labels: ['operation'],
    maxSeries,
  });
  return (operation, status, durationMs) => {
    replies.add({ operation, status });
    durations.observe({ operation }, durationMs / 1000);
  };
}
