import type { FederationObservation } from '../observations/federation.ts';
import { findMetric, type MetricSample } from './parse-metrics.ts';
import type { Source } from './source.ts';

/** The queues to and from other servers, as the processes tell them. */
export function federationSource(readProcessMetrics: () => readonly MetricSample[]): Source<'federation'> {
  return {
    ...{ name: 'federation', everyMs: 5_000, timeoutMs: 5_000 },
    async look(): Promise<FederationObservation> {
      const samples = readProcessMetrics();
      const valuesOf = (name: string) => samples.filter((sample) => sample.name === name).map(({ value }) => value);
      const sum = (name: string) => valuesOf(name).reduce((total, value) => total + value, 0);
      return {
        destinationsBehind: sum('holdfast_federation_destinations_behind'),
        // Those that are asked at all: routes to them are kept.
        destinationsKnown: findMetric(samples, 'holdfast_remote_routes_cached') ?? 0,
        stuck: [],
        receivedWaiting: sum('holdfast_federation_transactions_waiting'),
        oldestReceivedMs: Math.max(0, ...valuesOf('holdfast_federation_oldest_received_seconds')) * 1000,
      };
    },
  };
}
