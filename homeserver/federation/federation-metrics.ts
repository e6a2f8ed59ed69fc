import type { CounterMetric, GaugeMetric } from '@holdfast/effects/metrics.ts';
import type { Context } from '../platform/context.ts';

export interface SendingMetrics {
  readonly transactions: CounterMetric<['result']>;
  readonly pdus: CounterMetric<[]>;
  readonly edus: CounterMetric<[]>;
  readonly refusedPdus: CounterMetric<[]>;
  readonly dropped: CounterMetric<[]>;
  readonly recoveries: CounterMetric<[]>;
  /** Of the servers that wait for no reason, 20 at most. */
  readonly stuck: GaugeMetric<['server']>;
  readonly stuckSuccess: GaugeMetric<['server']>;
}

export interface SendingGauges {
  /** Servers that have not been sent all that is for them for a while. */
  behind(): number;
  /** Since when the server that waits longest has been waiting, in ms; 0 when none waits. */
  oldestMs(): number;
  queued(): number;
}

/** What is sent to other servers. */
export function createSendingMetrics({ metrics }: Context, gauges: SendingGauges): SendingMetrics {
  metrics.observedGauge({
    name: 'holdfast_federation_destinations_behind',
    help: 'Servers that this process has not been able to send to for a while.',
    read: () => gauges.behind(),
  });
  metrics.observedGauge({
    name: 'holdfast_federation_oldest_waiting_seconds',
    help: 'For how long the server that waits longest has had nothing of what is for it.',
    read: () => gauges.oldestMs() / 1000,
  });
  metrics.observedGauge({
    name: 'holdfast_federation_queued',
    help: 'Events and EDUs in memory that wait for being sent, over all servers (at most 2,500 each).',
    read: () => gauges.queued(),
  });
  return {
    transactions: metrics.counter({
      name: 'holdfast_federation_transactions_sent_total',
      help: 'Transactions to other servers by what came of them.',
      labels: ['result'],
    }),
    pdus: metrics.counter({
      name: 'holdfast_federation_pdus_sent_total',
      help: 'Events in transactions that other servers acknowledged.',
    }),
    edus: metrics.counter({
      name: 'holdfast_federation_edus_sent_total',
      help: 'EDUs in transactions that other servers acknowledged.',
    }),
    refusedPdus: metrics.counter({
      name: 'holdfast_federation_pdus_refused_total',
      help: 'Events that other servers said they could not take.',
    }),
    dropped: metrics.counter({
      name: 'holdfast_federation_dropped_total',
      help: 'Events and EDUs that a server never got, since it refused every transaction with them and took others.',
    }),
    recoveries: metrics.counter({
      name: 'holdfast_federation_recoveries_total',
      help: 'How often a server that had been away was sent what it had missed.',
    }),
    stuck: metrics.gauge({
      name: 'holdfast_federation_stuck_seconds',
      help: 'For how long what is for a server has waited although no attempt has failed; the longest 20 alone.',
      labels: ['server'],
    }),
    stuckSuccess: metrics.gauge({
      name: 'holdfast_federation_stuck_last_success_seconds',
      help: 'How long ago something last arrived at such a server, where this process knows of it.',
      labels: ['server'],
    }),
  };
}
