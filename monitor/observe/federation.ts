import type { FederationObservation, StuckServer } from '../observations/federation.ts';
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
        destinationsKnown: Math.max(0, ...valuesOf('holdfast_remote_routes_cached')),
        stuck: readStuck(samples),
        receivedWaiting: sum('holdfast_federation_transactions_waiting'),
        oldestReceivedMs: Math.max(0, ...valuesOf('holdfast_federation_oldest_received_seconds')) * 1000,
      };
    },
  };
}

/** A server may be told by two processes while its queue goes from one to the other: the one that has it now counts. */
function readStuck(samples: readonly MetricSample[]): StuckServer[] {
  const found = new Map<string, StuckServer>();
  for (const { name, labels, value } of samples) {
    const { server } = labels;
    if (name !== 'holdfast_federation_stuck_seconds' || server === undefined) continue;
    const waitingMs = value * 1000;
    if ((found.get(server)?.waitingMs ?? waitingMs) < waitingMs) continue;
    const lastSuccess = findMetric(samples, 'holdfast_federation_stuck_last_success_seconds', { server });
    found.set(server, {
      ...{ server, waitingMs },
      ...(lastSuccess !== undefined && { lastSuccessAgoMs: lastSuccess * 1000 }),
    });
  }
  return [...found.values()].sort((a, b) => b.waitingMs - a.waitingMs);
}
