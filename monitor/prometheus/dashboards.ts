/** One chart: what it shows, Prometheus's questions with their legends, and the unit as Grafana calls it. */
interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly questions: readonly (readonly [expression: string, legend: string])[];
  readonly kind?: 'timeseries' | 'stat' | 'table';
  readonly description?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly charts: readonly Chart[];
}

const quantiles = (name: string, labels = ''): (readonly [string, string])[] =>
  ([50, 99] as const).map((percent) => [
    `histogram_quantile(${percent / 100}, sum by (le) (rate(${name}_bucket${labels}[$__rate_interval])))`,
    `p${percent}`,
  ]);

const overview: Dashboard = {
  ...{ uid: 'holdfast-overview', title: 'Holdfast: overview' },
  charts: [
    {
      ...{
        title: 'What is wrong',
        unit: 'none',
        kind: 'table',
        description: 'Each alert has its page in docs/operating/alerts.',
      },
      questions: [['max by (rule, subject, severity) (holdfast_monitor_alert)', '']],
    },
    {
      ...{ title: 'Pages that nobody took', unit: 'none', kind: 'stat' },
      questions: [['max(holdfast_monitor_unanswered_pages)', 'pages']],
    },
    { ...{ title: 'Messages sent', unit: 'reqps' }, questions: [['holdfast:sends:rate1m', 'sent']] },
    {
      ...{ title: 'Time to acknowledge a send', unit: 's' },
      questions: quantiles('holdfast_http_duration_seconds', '{operation="sendMessage"}'),
    },
    {
      ...{ title: 'From sending until it is seen (canary)', unit: 's' },
      questions: [['holdfast_monitor_canary_seconds', 'shard {{shard}}']],
    },
    {
      ...{ title: 'Errors of the server', unit: 'reqps' },
      questions: [['sum by (operation) (holdfast:errors:rate5m)', '{{operation}}']],
    },
    {
      ...{ title: 'What can still be written', unit: 'bytes' },
      questions: [['holdfast_monitor_volume_available_bytes', '{{holds}} at {{path}}']],
    },
    {
      ...{ title: 'Full in, at the pace of the last hour', unit: 's' },
      questions: [
        [
          'holdfast_monitor_volume_available_bytes / clamp_min(-deriv(holdfast_monitor_volume_available_bytes[1h]), 1)',
          '{{holds}}',
        ],
      ],
    },
    {
      ...{ title: 'Clocks', unit: 's' },
      questions: [['holdfast_monitor_clock_offset_seconds', '{{clock}}']],
    },
    {
      ...{ title: 'Event loop, p99', unit: 's' },
      questions: [['holdfast:event_loop_delay_seconds:p99_5m', '{{instance}}']],
    },
  ],
};

const log: Dashboard = {
  ...{ uid: 'holdfast-log', title: 'Holdfast: processes, log and database' },
  charts: [
    { ...{ title: 'Shards', unit: 'none' }, questions: [['holdfast_shards_owned', '{{instance}}']] },
    { ...{ title: 'Age of leases', unit: 's' }, questions: [['holdfast_lease_age_seconds', '{{instance}}']] },
    { ...{ title: 'Age of readers', unit: 's' }, questions: [['holdfast_log_tail_age_seconds', '{{instance}}']] },
    { ...{ title: 'Commits', unit: 's' }, questions: quantiles('holdfast_commit_seconds') },
    {
      ...{ title: 'Commits that failed', unit: 'ops' },
      questions: [['sum by (instance) (rate(holdfast_commits_failed_total[$__rate_interval]))', '{{instance}}']],
    },
    {
      ...{ title: 'Commands and changes that wait', unit: 'none' },
      questions: [
        ['sum(holdfast_commands_waiting)', 'commands'],
        ['sum(holdfast_changes_pending)', 'changes'],
      ],
    },
    {
      ...{ title: 'Holes in the log', unit: 'none', kind: 'stat' },
      questions: [['max(holdfast_log_holes_total)', 'holes']],
    },
    { ...{ title: 'Syncs that wait', unit: 'none' }, questions: [['sum(holdfast_sync_waiting)', 'waiting']] },
    {
      ...{ title: 'Connections to the primary', unit: 'none' },
      questions: [
        ['holdfast_monitor_database_connections', 'used'],
        ['holdfast_monitor_database_connections_limit', 'limit'],
      ],
    },
    {
      ...{ title: 'Replicas behind', unit: 'bytes' },
      questions: [['holdfast_monitor_replica_lag_bytes', '{{replica}}']],
    },
    {
      ...{ title: 'Logs kept for slots', unit: 'bytes' },
      questions: [['holdfast_monitor_slot_retained_bytes', '{{slot}}']],
    },
    {
      ...{ title: 'Age of the newest backup', unit: 's', kind: 'stat' },
      questions: [
        ['max(holdfast_monitor_backup_age_seconds)', 'made'],
        ['max(holdfast_monitor_backup_verified_age_seconds)', 'checked'],
      ],
    },
  ],
};

const others: Dashboard = {
  ...{ uid: 'holdfast-others', title: 'Holdfast: other servers, application services, bridges' },
  charts: [
    {
      ...{ title: 'Servers that are not reached', unit: 'none' },
      questions: [['sum(holdfast_federation_destinations_behind)', 'servers']],
    },
    {
      ...{ title: 'Events sent and received', unit: 'ops' },
      questions: [
        ['sum(rate(holdfast_federation_pdus_sent_total[$__rate_interval]))', 'sent'],
        ['sum(rate(holdfast_federation_pdus_received_total[$__rate_interval]))', 'received'],
      ],
    },
    {
      ...{ title: 'Waiting for other servers', unit: 'none' },
      questions: [['sum(holdfast_federation_queued)', 'events and EDUs']],
    },
    {
      ...{ title: 'Oldest that waits', unit: 's' },
      questions: [
        ['max(holdfast_federation_oldest_waiting_seconds)', 'to be sent'],
        ['max(holdfast_federation_oldest_received_seconds)', 'received'],
      ],
    },
    {
      ...{ title: 'Oldest event for an application service', unit: 's' },
      questions: [['max by (service) (holdfast_appservice_oldest_waiting_seconds)', '{{service}}']],
    },
    {
      ...{ title: 'Attempts in a row that failed', unit: 'none' },
      questions: [['max by (service) (holdfast_appservice_failures)', '{{service}}']],
    },
    {
      ...{ title: 'Canaries of the IRC bridge', unit: 's' },
      questions: [['irc_bridge_canary_age_seconds', '{{network}} {{direction}}']],
    },
    {
      ...{ title: 'Oldest message of the IRC bridge', unit: 's' },
      questions: [['irc_bridge_oldest_waiting_seconds', '{{direction}}']],
    },
    {
      ...{ title: 'The bridge is on its networks', unit: 'none' },
      questions: [['irc_bridge_connected', '{{network}}']],
    },
  ],
};

export const dashboards: readonly Dashboard[] = [overview, log, others];

const height = 8;
const width = 12;
const source = { type: 'prometheus', uid: '${datasource}' };

/** A dashboard in Grafana's own form (schema version 39, Grafana 11 and newer), to be imported as it is. */
export function formatDashboard({ uid, title, charts }: Dashboard): string {
  const panels = charts.map((chart, index) => formatPanel(chart, index));
  const dashboard = {
    ...{ uid, title, panels, tags: ['holdfast'], schemaVersion: 39, version: 1, editable: true, graphTooltip: 1 },
    ...{ refresh: '30s', time: { from: 'now-6h', to: 'now' }, timezone: 'browser', annotations: { list: [] } },
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus', hide: 0 }],
    },
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function formatPanel({ title, unit, questions, kind = 'timeseries', description }: Chart, index: number) {
  return {
    ...{ id: index + 1, title, type: kind, datasource: source, ...(description !== undefined && { description }) },
    gridPos: { h: height, w: width, x: (index % 2) * width, y: Math.floor(index / 2) * height },
    fieldConfig: { defaults: { unit, min: unit === 's' ? undefined : 0 }, overrides: [] },
    options: {},
    targets: questions.map(([expr, legendFormat], number) => ({
      ...{ refId: String.fromCharCode(65 + number), datasource: source, expr, legendFormat, editorMode: 'code' },
      ...(kind === 'table' ? { instant: true, format: 'table' } : { range: true }),
    })),
  };
}

/** What all charts ask Prometheus. */
export function listQuestions(): string[] {
  return dashboards.flatMap(({ charts }) =>
    charts.flatMap(({ questions }) => questions.map(([expression]) => expression)),
  );
}
