import type { CounterMetric, Metrics } from '@holdfast/effects/metrics.ts';
import type { IrcNetworkStatus } from '../irc-network.ts';

export interface NetworkMetrics {
  readonly said: CounterMetric<readonly ['network']>;
  readonly events: CounterMetric<readonly ['network', 'kind']>;
  readonly faults: CounterMetric<readonly ['network', 'kind']>;
}

interface Registered {
  readonly metrics: NetworkMetrics;
  readonly networks: (() => readonly ({ readonly network: string } & IrcNetworkStatus)[])[];
}

const registered = new WeakMap<Metrics, Registered>();

/** The metrics of all networks of a process: the first network registers them, each adds itself. */
export function createNetworkMetrics(metrics: Metrics, read: Registered['networks'][number]): NetworkMetrics {
  const found = registered.get(metrics) ?? register(metrics);
  found.networks.push(read);
  return found.metrics;
}

function register(metrics: Metrics): Registered {
  const networks: Registered['networks'] = [];
  const sum = (value: (status: IrcNetworkStatus) => number) => () =>
    networks.flatMap((read) => read()).reduce((total, status) => total + value(status), 0);
  const gauges: [string, string, (status: IrcNetworkStatus) => number][] = [
    ['holdfast_irc_networks_connected', 'Networks that the bot is on.', ({ isConnected }) => Number(isConnected)],
    ['holdfast_irc_user_connections', 'Connections of Matrix users.', ({ userConnections }) => userConnections],
    ['holdfast_irc_waiting_lines', 'Lines that wait for flood limits.', ({ waitingLines }) => waitingLines],
  ];
  for (const [name, help, value] of gauges) metrics.observedGauge({ name, help, read: sum(value) });
  const made: Registered = {
    networks,
    metrics: {
      said: metrics.counter({
        ...{ name: 'holdfast_irc_said_total', help: 'Lines that networks took.', labels: ['network'] as const },
      }),
      events: metrics.counter({
        name: 'holdfast_irc_events_total',
        help: 'What was told of networks.',
        labels: ['network', 'kind'] as const,
      }),
      faults: metrics.counter({
        name: 'holdfast_irc_faults_total',
        help: 'Lines that were no IRC or too long, and servers that were silent.',
        labels: ['network', 'kind'] as const,
      }),
    },
  };
  registered.set(metrics, made);
  return made;
}
