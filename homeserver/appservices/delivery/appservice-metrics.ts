import type { CounterMetric, GaugeMetric } from '@holdfast/effects/metrics.ts';
import type { Context } from '../../platform/context.ts';

export interface AppserviceMetrics {
  readonly transactions: CounterMetric<['service', 'result']>;
  readonly events: CounterMetric<['service']>;
  readonly waiting: GaugeMetric<['service']>;
  readonly behind: GaugeMetric<['service']>;
  readonly oldest: GaugeMetric<['service']>;
  readonly failing: GaugeMetric<['service']>;
  readonly lastSuccess: GaugeMetric<['service']>;
  readonly paused: GaugeMetric<['service']>;
}

/** What is sent to application services, by their ids. A service has its gauges at the process that sends to it. */
export function createAppserviceMetrics({ metrics }: Context): AppserviceMetrics {
  const labels = ['service'] as const;
  return {
    transactions: metrics.counter({
      name: 'holdfast_appservice_transactions_total',
      help: 'Transactions to application services by what came of them.',
      labels: ['service', 'result'],
    }),
    events: metrics.counter({
      name: 'holdfast_appservice_events_sent_total',
      help: 'Events in transactions that application services acknowledged.',
      labels,
    }),
    waiting: metrics.gauge({
      name: 'holdfast_appservice_events_waiting',
      help: 'Events in the transaction that is on its way to an application service (at most 500).',
      labels,
    }),
    behind: metrics.gauge({
      name: 'holdfast_appservice_entries_behind',
      help: 'Entries of the log that have not been looked at yet for an application service.',
      labels,
    }),
    oldest: metrics.gauge({
      name: 'holdfast_appservice_oldest_waiting_seconds',
      help: 'For how long the oldest event that an application service has not acknowledged has waited; 0: none does.',
      labels,
    }),
    failing: metrics.gauge({
      name: 'holdfast_appservice_failures',
      help: 'Attempts in a row that failed to reach an application service.',
      labels,
    }),
    lastSuccess: metrics.gauge({
      name: 'holdfast_appservice_last_success_timestamp_seconds',
      help: 'When an application service acknowledged a transaction last, in seconds since 1970; none has: not there.',
      labels,
    }),
    paused: metrics.gauge({
      name: 'holdfast_appservice_paused',
      help: '1: a person paused it. 2: it is held back, since it is well and refuses the same transaction again and again.',
      labels,
    }),
  };
}
