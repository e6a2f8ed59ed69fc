import { bridgeStuckLimits } from '../decide/rules/bridge-stuck.ts';
import { clockOffLimits } from '../decide/rules/clock-off.ts';
import { eventLoopSlowLimits } from '../decide/rules/event-loop-slow.ts';
import { federationStuckLimits } from '../decide/rules/federation-stuck.ts';
import { processSilentLimits } from '../decide/rules/process-silent.ts';
import { readersStaleLimits } from '../decide/rules/readers-stale.ts';
import { allowedSilenceMs, lateCanaryMs } from '../observe/bridges.ts';
import { always, type DirectAlert, gaugeAlerts, type Series, seconds, severities } from './direct-alert.ts';
import { storageAlerts } from './storage-alerts.ts';

const loopBucket = 'holdfast_event_loop_delay_seconds_bucket{job="holdfast",instance="hs1"';
const loopSeries = (slowBucket: string): Series[] =>
  ['0.1', '0.5', '1', '5', '10', '+Inf'].map((bound) => {
    const isCounted = Number(bound.replace('+Inf', 'Infinity')) >= Number(slowBucket);
    return [`${loopBucket},le="${bound}"}`, isCounted ? '0+600x20' : '0x20'];
  });
const loopQuantile =
  'histogram_quantile(0.99, sum by (instance, le) (rate(holdfast_event_loop_delay_seconds_bucket{job="holdfast"}[2m])))';

const eventLoopAlerts: DirectAlert[] = severities.map((severity) => ({
  ...{ rule: 'event-loop-slow', severity, subject: 'instance' },
  expression: `${loopQuantile} >= ${seconds(severity === 'page' ? eventLoopSlowLimits.pageMs : eventLoopSlowLimits.warningMs)}`,
  fires: loopSeries(severity === 'page' ? '10' : '1'),
  rests: loopSeries(severity === 'page' ? '1' : '0.1'),
}));

const { leastServers, pageShare, receivedPageMs, receivedWarningMs, stuckPageMs, stuckWarningMs } =
  federationStuckLimits;
const behind = 'holdfast_federation_destinations_behind{job="holdfast",instance="hs1"}';
const routes = 'holdfast_remote_routes_cached{job="holdfast",instance="hs1"}';

const federationAlerts: DirectAlert[] = [
  {
    ...{ rule: 'federation-stuck', severity: 'page', subject: 'job' },
    expression:
      `sum by (job) (holdfast_federation_destinations_behind) >= ${pageShare} * max by (job) (holdfast_remote_routes_cached)` +
      ` and max by (job) (holdfast_remote_routes_cached) >= ${leastServers}`,
    fires: [
      [behind, always(20)],
      [routes, always(30)],
    ],
    rests: [
      [behind, always(10)],
      [routes, always(leastServers - 1)],
    ],
  },
  ...gaugeAlerts(
    'federation-stuck',
    {
      ...{ expression: 'holdfast_federation_oldest_received_seconds{job="holdfast"}', subject: 'instance', rests: 3 },
      series: 'holdfast_federation_oldest_received_seconds{job="holdfast",instance="hs1"}',
    },
    { pageMs: receivedPageMs, warningMs: receivedWarningMs },
  ),
  ...gaugeAlerts(
    'federation-stuck',
    {
      ...{ expression: 'holdfast_federation_stuck_seconds{job="holdfast"}', subject: 'server', rests: 160 },
      series: 'holdfast_federation_stuck_seconds{job="holdfast",instance="hs1",server="a.example"}',
    },
    { pageMs: stuckPageMs, warningMs: stuckWarningMs },
  ),
];

/** One that a person paused waits on purpose. */
const notPaused =
  '(holdfast_appservice_oldest_waiting_seconds{job="holdfast"}' +
  ' unless on (instance, service) (holdfast_appservice_paused{job="holdfast"} == 1))';
const pausedService: readonly Series[] = [
  ['holdfast_appservice_oldest_waiting_seconds{job="holdfast",instance="hs1",service="stopped"}', always(900)],
  ['holdfast_appservice_paused{job="holdfast",instance="hs1",service="stopped"}', always(1)],
];

const canaryOf = (what: string) => `irc_bridge_canary_${what}_seconds{network="oftc",direction="irc_to_matrix"}`;
const otherCanaryOf = (what: string) => `holdfast_canary_${what}_seconds{bridge="telegram",direction="to_matrix"}`;

/** All of them. Limits are those of the monitor's own rules. */
export const directAlerts: readonly DirectAlert[] = [
  {
    ...{ rule: 'process-silent', severity: 'page', subject: 'instance', forMs: processSilentLimits.allowedMs },
    expression: 'up{job="holdfast"} == 0',
    fires: [['up{job="holdfast",instance="hs1"}', always(0)]],
    rests: [['up{job="holdfast",instance="hs1"}', always(1)]],
  },
  {
    ...{ rule: 'database-down', severity: 'page', subject: 'instance' },
    expression: 'holdfast_embedded_postgres_up{job="holdfast"} == 0',
    fires: [['holdfast_embedded_postgres_up{job="holdfast",instance="hs1"}', always(0)]],
    rests: [['holdfast_embedded_postgres_up{job="holdfast",instance="hs1"}', always(1)]],
  },
  {
    ...{ rule: 'readers-stale', severity: 'page', subject: 'instance' },
    expression: `holdfast_log_tail_age_seconds{job="holdfast"} >= ${seconds(readersStaleLimits.allowedMs)}`,
    fires: [['holdfast_log_tail_age_seconds{job="holdfast",instance="hs1"}', '0+60x20']],
    rests: [['holdfast_log_tail_age_seconds{job="holdfast",instance="hs1"}', always(1)]],
  },
  {
    ...{ rule: 'log-hole', severity: 'page', subject: 'instance' },
    expression: 'holdfast_log_holes_total{job="holdfast"} > 0',
    fires: [['holdfast_log_holes_total{job="holdfast",instance="hs1"}', always(1)]],
    rests: [['holdfast_log_holes_total{job="holdfast",instance="hs1"}', always(0)]],
  },
  ...eventLoopAlerts,
  ...gaugeAlerts(
    'clock-off',
    {
      ...{ expression: 'abs(holdfast_clock_offset_seconds{job="holdfast"})', subject: 'instance', rests: -0.4 },
      series: 'holdfast_clock_offset_seconds{job="holdfast",instance="hs1"}',
    },
    clockOffLimits,
  ),
  {
    ...{ rule: 'bridge-silent', severity: 'page', subject: 'direction' },
    expression: `irc_bridge_canary_age_seconds >= ${seconds(allowedSilenceMs)}`,
    fires: [['irc_bridge_canary_age_seconds{network="libera",direction="matrix_to_irc"}', '0+60x20']],
    rests: [['irc_bridge_canary_age_seconds{network="libera",direction="matrix_to_irc"}', always(20)]],
  },
  {
    ...{ rule: 'bridge-silent', severity: 'warning', subject: 'direction' },
    expression: `irc_bridge_canary_age_seconds - irc_bridge_canary_interval_seconds >= ${seconds(lateCanaryMs)}`,
    fires: [
      [canaryOf('age'), always(30)],
      [canaryOf('interval'), always(10)],
    ],
    rests: [
      [canaryOf('age'), always(30)],
      [canaryOf('interval'), always(30)],
    ],
  },
  // Of any other bridge that has one: docs/operating/application-services.md.
  {
    ...{ rule: 'bridge-silent', severity: 'page', subject: 'direction' },
    expression:
      `(holdfast_canary_age_seconds >= ${seconds(allowedSilenceMs)} unless ` +
      'holdfast_canary_age_seconds < 3 * holdfast_canary_interval_seconds)',
    fires: [[otherCanaryOf('age'), always(100)]],
    rests: [
      [otherCanaryOf('age'), always(100)],
      [otherCanaryOf('interval'), always(95)],
    ],
  },
  {
    ...{ rule: 'bridge-silent', severity: 'warning', subject: 'direction' },
    expression: `holdfast_canary_age_seconds - holdfast_canary_interval_seconds >= ${seconds(lateCanaryMs)}`,
    fires: [
      [otherCanaryOf('age'), always(60)],
      [otherCanaryOf('interval'), always(30)],
    ],
    rests: [
      [otherCanaryOf('age'), always(30)],
      [otherCanaryOf('interval'), always(30)],
    ],
  },
  ...gaugeAlerts(
    'bridge-stuck',
    {
      ...{ expression: 'irc_bridge_oldest_waiting_seconds', subject: 'direction', rests: 5 },
      series: 'irc_bridge_oldest_waiting_seconds{direction="irc_to_matrix"}',
    },
    bridgeStuckLimits,
  ),
  ...gaugeAlerts(
    'bridge-stuck',
    {
      ...{ expression: notPaused, subject: 'service', rests: 5 },
      series: 'holdfast_appservice_oldest_waiting_seconds{job="holdfast",instance="hs1",service="bot"}',
    },
    bridgeStuckLimits,
    pausedService,
  ),
  ...federationAlerts,
  ...storageAlerts,
];
