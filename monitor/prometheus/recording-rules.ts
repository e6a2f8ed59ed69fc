import type { Yaml } from './format-yaml.ts';

const send = 'operation=~"sendMessage|setRoomStateWithKey"';

/** What dashboards ask again and again. */
export const recordingRules: readonly Yaml[] = [
  record('holdfast:sends:rate1m', `sum by (job) (rate(holdfast_http_replies_total{${send},status="200"}[1m]))`),
  record('holdfast:send_seconds:p99_5m', quantile('holdfast_http_duration_seconds', `{${send}}`)),
  record('holdfast:commit_seconds:p99_5m', quantile('holdfast_commit_seconds')),
  record('holdfast:event_loop_delay_seconds:p99_5m', quantile('holdfast_event_loop_delay_seconds', '', 'instance')),
  record('holdfast:errors:rate5m', 'sum by (job, operation) (rate(holdfast_http_replies_total{status=~"5.."}[5m]))'),
  record('holdfast:federation_received_seconds:p99_5m', quantile('holdfast_federation_transaction_received_seconds')),
];

function record(name: string, expr: string): Yaml {
  return { record: name, expr };
}

function quantile(histogram: string, labels = '', by = 'job'): string {
  return `histogram_quantile(0.99, sum by (${by}, le) (rate(${histogram}_bucket${labels}[5m])))`;
}
