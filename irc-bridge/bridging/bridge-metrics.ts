import type { Metrics } from '@holdfast/effects/metrics.ts';

/** Which way a message goes. */
export type Direction = 'matrix_to_irc' | 'irc_to_matrix';

/** Everything that is counted, by the names that dashboards and alerts use. */
export function createBridgeMetrics(metrics: Metrics) {
  return {
    delivered: metrics.counter({
      name: 'irc_bridge_delivered_total',
      help: 'Messages that the other side has.',
      labels: ['network', 'direction'],
    }),
    dropped: metrics.counter({
      name: 'irc_bridge_dropped_total',
      help: 'Messages that were not delivered, of which their senders were told where that was possible.',
      labels: ['network', 'direction', 'why'],
    }),
    retried: metrics.counter({
      name: 'irc_bridge_retried_total',
      help: 'Attempts that failed and are made again.',
      labels: ['direction'],
    }),
    waiting: metrics.gauge({
      name: 'irc_bridge_waiting',
      help: 'Messages that wait for the other side.',
      labels: ['direction'],
    }),
    oldestAge: metrics.gauge({
      name: 'irc_bridge_oldest_waiting_seconds',
      help: 'For how long the oldest of them has waited.',
      labels: ['direction'],
    }),
    ...createAccountMetrics(metrics),
    presenceWaiting: metrics.gauge({
      name: 'irc_bridge_presence_waiting',
      help: 'People of IRC whose presence the homeserver is to be told (at most 10000).',
    }),
    connected: metrics.gauge({
      name: 'irc_bridge_connected',
      help: '1 while the bot is on the network, else 0.',
      labels: ['network'],
    }),
    connections: metrics.gauge({
      name: 'irc_bridge_user_connections',
      help: 'Matrix users with a connection of their own.',
      labels: ['network'],
    }),
    canaryRoundTrip: metrics.histogram({
      name: 'irc_bridge_canary_seconds',
      help: 'How long the canary took from one side to the other.',
      labels: ['network', 'direction'],
    }),
    canaryAge: metrics.gauge({
      name: 'irc_bridge_canary_age_seconds',
      help: 'Since when no canary has arrived.',
      labels: ['network', 'direction'],
    }),
    canaryInterval: metrics.gauge({
      name: 'irc_bridge_canary_interval_seconds',
      help: 'How often a canary is sent; from the first that arrived on.',
      labels: ['network', 'direction'],
    }),
    canaryAlarm: metrics.gauge({
      name: 'irc_bridge_canary_alarm',
      help: '1 while a direction is silent, else 0.',
      labels: ['network', 'direction'],
    }),
  };
}

function createAccountMetrics(metrics: Metrics) {
  return {
    newAccounts: metrics.gauge({
      name: 'irc_bridge_new_accounts',
      help: 'Accounts made for people of IRC in the window that ends now.',
      labels: ['network'],
    }),
    newAccountsBound: metrics.gauge({
      name: 'irc_bridge_new_accounts_bound',
      help: 'How many may be made in it.',
      labels: ['network'],
    }),
    relayed: metrics.counter({
      name: 'irc_bridge_relayed_total',
      help: 'Messages and reactions of IRC that the bot said, because no account could be made for who said them.',
      labels: ['network'],
    }),
  };
}

export type BridgeMetrics = ReturnType<typeof createBridgeMetrics>;
