import type { CounterMetric, GaugeMetric, HistogramMetric, Metrics } from '@holdfast/effects/metrics.ts';

/** What the log of a process measures as it goes. */
export interface ShardLogMetrics {
  readonly commitSeconds: HistogramMetric<[]>;
  readonly batchChanges: HistogramMetric<[]>;
  readonly failedBatches: CounterMetric<['failure']>;
  readonly forwarded: CounterMetric<[]>;
  readonly repeated: CounterMetric<[]>;
  readonly clockOffset: GaugeMetric<[]>;
}

/** What is asked for when somebody looks. Ages in milliseconds. */
export interface ShardLogGauges {
  readonly commandsWaiting: () => number;
  readonly changesPending: () => number;
  readonly changeBytesPending: () => number;
  readonly shardsOwned: () => number;
  readonly leaseAgeMs: () => number;
  readonly tailAgeMs: () => number;
  readonly tailBytes: () => number;
}

/** Registers the metrics of the shard log. Call once per registry. */
export function createShardLogMetrics(metrics: Metrics): ShardLogMetrics {
  return {
    commitSeconds: metrics.histogram({
      name: 'holdfast_commit_seconds',
      help: 'Time of one transaction of a shard, from sending to its answer.',
    }),
    batchChanges: metrics.histogram({
      name: 'holdfast_commit_changes',
      help: 'Changes that shared one transaction of a shard.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 400],
    }),
    failedBatches: metrics.counter({
      name: 'holdfast_commits_failed_total',
      help: 'Transactions of shards that were not acknowledged, by kind: fenced, refused, unavailable, unknown.',
      labels: ['failure'],
    }),
    forwarded: metrics.counter({
      name: 'holdfast_commands_forwarded_total',
      help: 'Commands that were sent to the process that owns their shard.',
    }),
    repeated: metrics.counter({
      name: 'holdfast_commands_repeated_total',
      help: 'Commands that were run again because ownership moved or the database was away.',
    }),
    clockOffset: metrics.gauge({
      name: 'holdfast_clock_offset_seconds',
      help: "This process's wall clock minus the database's.",
    }),
  };
}

/** Registers what is read off the log's parts. Each queue's help names its bound. */
export function observeShardLog(
  metrics: Metrics,
  gauges: ShardLogGauges,
  limits: {
    readonly commands: number;
    readonly changes: number;
    readonly changeBytes: number;
    readonly tailBytes: number;
  },
): void {
  const observe = (name: string, help: string, read: () => number) => metrics.observedGauge({ name, help, read });
  const seconds = (readMs: () => number) => () => readMs() / 1000;
  observe(
    'holdfast_commands_waiting',
    `Commands that have not been answered yet; at ${limits.commands} further ones are refused.`,
    gauges.commandsWaiting,
  );
  observe(
    'holdfast_changes_pending',
    `Changes that wait for their transaction; at ${limits.changes} per shard further commands are refused.`,
    gauges.changesPending,
  );
  observe(
    'holdfast_changes_pending_bytes',
    `Size of the changes that wait for their transaction; at ${limits.changeBytes} per shard further commands are refused.`,
    gauges.changeBytesPending,
  );
  observe('holdfast_shards_owned', 'Shards that this process writes.', gauges.shardsOwned);
  observe(
    'holdfast_lease_age_seconds',
    "Since this process's leases were renewed; beyond the lease's time others take its shards.",
    seconds(gauges.leaseAgeMs),
  );
  observe(
    'holdfast_log_tail_age_seconds',
    'Since this process last knew that it had every entry of the log.',
    seconds(gauges.tailAgeMs),
  );
  observe(
    'holdfast_log_tail_bytes',
    `Estimated memory of the newest log entries; the bound is ${limits.tailBytes}.`,
    gauges.tailBytes,
  );
}
