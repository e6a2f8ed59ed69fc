import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { BridgeObservation } from '../observations/bridges.ts';
import { createBadSince } from './bad-since.ts';
import { findMetric, type MetricSample, parseMetrics } from './parse-metrics.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

export interface BridgesParts {
  /** Addresses of `/metrics` of bridges that have canaries. */
  readonly bridgeMetrics: readonly string[];
  /** The newest metrics of the homeserver's processes. */
  readProcessMetrics(): readonly MetricSample[];
  /** Application services that ask the homeserver for something at least so often. */
  readonly expected: readonly { readonly service: string; readonly within_minutes: number }[];
  /** Wall clock: the homeserver tells by it when it heard of a service. */
  nowMs(): number;
  readonly send: SendRequest;
}

/** With a round of the monitor, a silence is named within 30 s: both are short for that. */
const everyMs = 3_000;
const lookTimeoutMs = 2_000;
export const allowedSilenceMs = 75_000;
/** So much later than planned, a canary is late. */
export const lateCanaryMs = 7_000;
/** Entries of the log that are only looked at do not count as waiting. */
const directionOf = new Map<string | undefined, BridgeObservation['direction']>([
  ['matrix_to_irc', 'from Matrix'],
  ['irc_to_matrix', 'to Matrix'],
  // Of other bridges: docs/operating/application-services.md.
  ['from_matrix', 'from Matrix'],
  ['to_matrix', 'to Matrix'],
]);
const minuteMs = 60_000;

/**
 * What waits for each application service, and the canaries of the bridges that have them, in both directions. A bridge
 * that does not answer is as silent as what it said last has grown old: nothing is known to have come through since.
 */
export function bridgesSource(parts: BridgesParts): Source<'bridges'> {
  const { bridgeMetrics, readProcessMetrics, expected, nowMs, send } = parts;
  const unheard = createBadSince();
  const told = new Map<string, { readonly atMs: number; readonly canaries: readonly BridgeObservation[] }>();
  const ask = async (url: string, deadline: Deadline, readMs: () => number): Promise<BridgeObservation[]> => {
    const own = startDeadline(lookTimeoutMs, `asking ${url}`, { signal: deadline.signal });
    try {
      const answer = await send({ method: 'GET', url }, own, 1024 * 1024);
      if (answer.status !== 200) throw new Error(`it answered with status ${answer.status}`);
      const canaries = readCanaries(parseMetrics(answer.body));
      told.set(url, { atMs: readMs(), canaries });
      return canaries;
    } catch (error) {
      const last = told.get(url);
      return last ? ageCanaries(last.canaries, readMs() - last.atMs, describeFailure(error)) : [];
    } finally {
      own.finish();
    }
  };
  return {
    ...{ name: 'bridges', everyMs, timeoutMs: 2 * lookTimeoutMs },
    async look(deadline, atMs): Promise<BridgeObservation[]> {
      const startMs = deadline.remainingMs();
      const readMs = () => atMs + Math.round(startMs - deadline.remainingMs());
      const canaries = await Promise.all(bridgeMetrics.map((url) => ask(url, deadline, readMs)));
      const samples = readProcessMetrics();
      const heard = expected.map(({ service, within_minutes: minutes }): BridgeObservation => {
        const lastMs = findLastHeard(samples, service);
        // Processes that began lately have not heard of it, which says nothing of the time before.
        const unheardMs = unheard.note(service, lastMs === undefined, atMs);
        return {
          ...{ name: `application service ${service}`, direction: 'to Matrix', oldestWaitingMs: 0, waiting: 0 },
          canaryAgeMs: lastMs === undefined ? unheardMs : Math.max(0, nowMs() - lastMs),
          ...{ toldAfterMs: minutes * minuteMs, allowedSilenceMs: 2 * minutes * minuteMs },
          ...(findMetric(samples, 'holdfast_appservice_paused', { service }) === 1 && { isPaused: true }),
        };
      });
      return [...readServices(samples), ...heard, ...canaries.flat()];
    },
  };
}

/** The latest of what all processes say. */
function findLastHeard(samples: readonly MetricSample[], service: string): number | undefined {
  const seconds = samples.flatMap(({ name, labels, value }) => {
    const isIt = name === 'holdfast_appservice_last_heard_timestamp_seconds' && labels['service'] === service;
    return isIt ? value : [];
  });
  return seconds.length > 0 ? Math.max(...seconds) * 1000 : undefined;
}

/** What waits in a bridge that does not answer is not known, and not guessed. */
function ageCanaries(canaries: readonly BridgeObservation[], forMs: number, why: string): BridgeObservation[] {
  return canaries.map((each) => ({
    ...each,
    canaryAgeMs: (each.canaryAgeMs ?? 0) + forMs,
    ...{ oldestWaitingMs: 0, waiting: 0, lastError: `the bridge's metrics cannot be read: ${why}` },
  }));
}

/** From the homeserver to application services. A service has its gauges at the process that sends to it. */
export function readServices(samples: readonly MetricSample[]): BridgeObservation[] {
  return samples
    .filter(({ name }) => name === 'holdfast_appservice_oldest_waiting_seconds')
    .map(({ labels, value }) => {
      const service = labels['service'] ?? '';
      const waiting = findMetric(samples, 'holdfast_appservice_events_waiting', labels) ?? 0;
      const failures = findMetric(samples, 'holdfast_appservice_failures', labels) ?? 0;
      const paused = findMetric(samples, 'holdfast_appservice_paused', labels);
      return {
        ...{ name: `application service ${service}`, direction: 'from Matrix', allowedSilenceMs, waiting },
        oldestWaitingMs: value * 1000,
        ...(paused === 1 && { isPaused: true }),
        ...(paused === 2 && { isHeldBack: true }),
        ...(failures > 0 && { lastError: `${failures} attempts in a row failed` }),
      };
    });
}

/** Canaries of the IRC bridge, by network, with what waits by direction; and those of any other bridge. */
export function readCanaries(samples: readonly MetricSample[]): BridgeObservation[] {
  return samples.flatMap(({ name, labels, value }): BridgeObservation[] => {
    const direction = directionOf.get(labels['direction']);
    if (!direction) return [];
    if (name === 'holdfast_canary_age_seconds') {
      const every = findMetric(samples, 'holdfast_canary_interval_seconds', labels);
      return [
        {
          ...{
            name: labels['bridge'] ?? 'a bridge',
            direction,
            canaryAgeMs: value * 1000,
            oldestWaitingMs: 0,
            waiting: 0,
          },
          ...(every !== undefined && { toldAfterMs: every * 1000 + lateCanaryMs }),
          allowedSilenceMs: Math.max(allowedSilenceMs, 3 * (every ?? 0) * 1000),
        },
      ];
    }
    if (name !== 'irc_bridge_canary_age_seconds') return [];
    const way = { direction: labels['direction'] ?? '' };
    const interval = findMetric(samples, 'irc_bridge_canary_interval_seconds', labels);
    return [
      {
        ...{ name: `irc-bridge ${labels['network']}`, direction, canaryAgeMs: value * 1000, allowedSilenceMs },
        ...(interval !== undefined && { toldAfterMs: interval * 1000 + lateCanaryMs }),
        oldestWaitingMs: (findMetric(samples, 'irc_bridge_oldest_waiting_seconds', way) ?? 0) * 1000,
        waiting: findMetric(samples, 'irc_bridge_waiting', way) ?? 0,
      },
    ];
  });
}
