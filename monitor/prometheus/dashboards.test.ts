import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '@holdfast/homeserver/testing/start-test-homeserver.ts';
import { registerUser } from '@holdfast/homeserver/testing/test-user.ts';
import { dashboards, formatDashboard, listQuestions } from './dashboards.ts';
import { monitorMetrics } from './format-monitor-metrics.ts';
import { recordingRules } from './recording-rules.ts';

/**
 * What Grafana needs of a dashboard, by its published schema and documentation: no Grafana can be had from the package
 * registries that tests may use. https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/
 */
const columns = 24;
const longestUid = 40;
/** Version 36 made sources of data objects; 39 is what Grafana 10.2 to 11 write. A Grafana reads what is older than itself. */
const schemaVersions = [36, 39] as const;
/** Of those that come with Grafana. */
const panelTypes = new Set(['timeseries', 'stat', 'table', 'gauge', 'bargauge', 'text', 'row', 'heatmap', 'histogram']);
/** Ids of Grafana's value formats. */
const units = new Set([
  'none',
  'short',
  's',
  'ms',
  'bytes',
  'decbytes',
  'reqps',
  'ops',
  'percentunit',
  'Bps',
  'dateTimeAsIso',
]);
/** All that Grafana's schema of a dashboard knows, of what there is use for here; another name would be passed over in silence. */
const fields = {
  dashboard: [
    ...[
      'id',
      'uid',
      'title',
      'description',
      'tags',
      'timezone',
      'editable',
      'graphTooltip',
      'time',
      'timepicker',
      'refresh',
    ],
    ...[
      'fiscalYearStartMonth',
      'weekStart',
      'liveNow',
      'links',
      'schemaVersion',
      'version',
      'templating',
      'annotations',
      'panels',
    ],
  ],
  panel: [
    ...[
      'id',
      'type',
      'title',
      'description',
      'transparent',
      'datasource',
      'gridPos',
      'links',
      'repeat',
      'repeatDirection',
    ],
    ...[
      'maxPerRow',
      'maxDataPoints',
      'interval',
      'timeFrom',
      'timeShift',
      'hideTimeOverride',
      'transformations',
      'options',
    ],
    ...['fieldConfig', 'targets', 'pluginVersion', 'libraryPanel'],
  ],
  defaults: [
    ...[
      'displayName',
      'displayNameFromDS',
      'description',
      'path',
      'writeable',
      'filterable',
      'unit',
      'decimals',
      'min',
      'max',
    ],
    ...['mappings', 'thresholds', 'color', 'links', 'noValue', 'custom'],
  ],
  target: [
    ...['refId', 'hide', 'queryType', 'datasource', 'expr', 'instant', 'range', 'exemplar', 'editorMode', 'format'],
    ...['legendFormat', 'interval', 'intervalFactor'],
  ],
} as const;
const variable = /\$\{?(\w+)\}?/g;
/** Those that Grafana itself knows. */
const globals = new Set(['__rate_interval', '__interval', '__range', '__from', '__to']);

/** The names of `value` that there are none of in Grafana. */
function findUnknown(kind: keyof typeof fields, value: object): string[] {
  const known: readonly string[] = fields[kind];
  return Object.keys(value).flatMap((name) => (known.includes(name) ? [] : [`a ${kind} has no ${name}`]));
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string }; readonly overrides: readonly unknown[] };
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly type: string; readonly uid: string };
  }[];
}
interface DashboardModel {
  readonly id?: unknown;
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly version: number;
  readonly time: { readonly from: string; readonly to: string };
  readonly refresh: string;
  readonly tags: readonly string[];
  readonly annotations: { readonly list: readonly unknown[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[];
  };
  readonly panels: readonly Panel[];
}

const read = (uid: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../deploy/prometheus/grafana/${uid}.json`), 'utf8'),
  ) as DashboardModel;

/** What of a dashboard Grafana would not take, or would show wrongly. */
function findFaults(model: DashboardModel): string[] {
  const faults: string[] = [];
  const check = (isRight: boolean, fault: string) => void (isRight || faults.push(fault));
  faults.push(...findUnknown('dashboard', model));
  // An id is the database's own: one that is given would overwrite another dashboard.
  check(model.id === undefined || model.id === null, 'it has an id');
  check(/^[a-zA-Z0-9_-]+$/.test(model.uid) && model.uid.length <= longestUid, 'its uid');
  check(model.title !== '', 'its title');
  check(model.schemaVersion >= schemaVersions[0] && model.schemaVersion <= schemaVersions[1], 'its schema version');
  check(/^now(-\d+[smhdw])?$/.test(model.time.from) && model.time.to === 'now', 'its time');
  check(/^\d+[smh]$/.test(model.refresh), 'its refresh');
  check(Array.isArray(model.annotations.list) && Array.isArray(model.tags), 'its lists');
  const variables = new Set([...globals, ...model.templating.list.map(({ name }) => name)]);
  for (const { type, query } of model.templating.list)
    check(type === 'datasource' && query === 'prometheus', 'a variable');
  const ids = new Set(model.panels.map(({ id }) => id));
  check(ids.size === model.panels.length && !ids.has(0), 'panels share an id');
  for (const panel of model.panels)
    faults.push(...findPanelFaults(panel, variables).map((fault) => `${panel.title}: ${fault}`));
  for (const [index, one] of model.panels.entries()) {
    for (const other of model.panels.slice(index + 1))
      check(!overlap(one, other), `${one.title} lies over ${other.title}`);
  }
  return faults;
}

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function findPanelFaults(panel: Panel, variables: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const check = (isRight: boolean, fault: string) => void (isRight || faults.push(fault));
  const parts = [...panel.targets.map((target) => ['target', target] as const), ['panel', panel] as const];
  for (const [kind, value] of [...parts, ['defaults', panel.fieldConfig.defaults] as const]) {
    faults.push(...findUnknown(kind, value));
  }
  const { x, y, w, h } = panel.gridPos;
  check([x, y, w, h].every(Number.isInteger) && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= columns, 'its place');
  check(panel.title !== '' && panelTypes.has(panel.type), 'its type');
  check(units.has(panel.fieldConfig.defaults.unit), 'its unit');
  check(Array.isArray(panel.fieldConfig.overrides), 'its overrides');
  check(panel.targets.length > 0, 'it asks nothing');
  check(new Set(panel.targets.map(({ refId }) => refId)).size === panel.targets.length, 'questions share a name');
  for (const { expr, refId, datasource } of panel.targets) {
    check(/^[A-Z]$/.test(refId), 'the name of a question');
    for (const source of [panel.datasource, datasource]) check(source.type === 'prometheus', 'its source');
    const used = [...`${expr} ${datasource.uid} ${panel.datasource.uid}`.matchAll(variable)].map(
      ([, name = '']) => name,
    );
    for (const name of used) check(variables.has(name), `the variable ${name} is not defined`);
  }
  return faults;
}

let homeserver: TestHomeserver;
let types: ReadonlyMap<string, string>;
before(async () => {
  homeserver = await startTestHomeserver();
  // Some are made by those who first use them.
  const anna = await registerUser(homeserver.baseUrl, 'anna');
  await anna.call('GET', '/_matrix/client/v3/sync');
  const { body } = await homeserver.context.metrics.expose();
  types = new Map([...body.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]));
});
after(() => homeserver.stop());

test('each dashboard has what Grafana needs of it', () => {
  for (const { uid } of dashboards) assert.deepEqual(findFaults(read(uid)), [], uid);
});

test('a dashboard with a fault is found out', () => {
  const whole = JSON.parse(formatDashboard(dashboards[0]!)) as DashboardModel;
  const [first, ...rest] = whole.panels as [Panel, ...Panel[]];
  const wrong: readonly DashboardModel[] = [
    { ...whole, id: 7 },
    { ...whole, uid: 'with space' },
    { ...whole, schemaVersion: 12 },
    { ...whole, rows: [] } as DashboardModel,
    { ...whole, panels: [{ ...first, span: 4 } as Panel, ...rest] },
    {
      ...whole,
      panels: [{ ...first, targets: [{ ...first.targets[0]!, query: 'up' } as Panel['targets'][0]] }, ...rest],
    },
    {
      ...whole,
      panels: [{ ...first, fieldConfig: { defaults: { unit: 's', units: 's' } as never, overrides: [] } }, ...rest],
    },
    { ...whole, time: { from: 'yesterday', to: 'now' } },
    { ...whole, templating: { list: [] } },
    { ...whole, panels: [{ ...first, type: 'graph' }, ...rest] },
    { ...whole, panels: [{ ...first, gridPos: { ...first.gridPos, w: 25 } }, ...rest] },
    { ...whole, panels: [{ ...first, gridPos: rest[0]!.gridPos }, ...rest] },
    { ...whole, panels: [{ ...first, id: rest[0]!.id }, ...rest] },
    { ...whole, panels: [{ ...first, targets: [] }, ...rest] },
    { ...whole, panels: [{ ...first, fieldConfig: { defaults: { unit: 'furlongs' }, overrides: [] } }, ...rest] },
    { ...whole, panels: [{ ...first, targets: [{ ...first.targets[0]!, expr: 'rate(a[$interval])' }] }, ...rest] },
  ];
  assert.deepEqual(findFaults(whole), []);
  for (const [index, model] of wrong.entries()) assert.notDeepEqual(findFaults(model), [], String(index));
});

/** Exported where there is such a thing: the PostgreSQL and backups that Holdfast runs, the IRC bridge, transactions of others. */
const elsewhere =
  /^(holdfast_(embedded_postgres|backup|replication)_|irc_bridge_|holdfast_federation_(pdus_|oldest_|transaction_)received)/;

test('what the dashboards ask for is in what a running process exposes, of a type that makes sense of the question', () => {
  const own = new Map([
    ...types,
    ...monitorMetrics.map(({ name }) => [name, 'gauge'] as const),
    ['up', 'gauge'] as const,
  ]);
  const rules = recordingRules as readonly { readonly record: string; readonly expr: string }[];
  const recorded = new Set(rules.map(({ record }) => record));
  const expressions = [...listQuestions(), ...rules.map(({ expr }) => expr)];
  const names = new Set<string>();
  const missing = new Set<string>();
  for (const expression of expressions) {
    const bare = expression.replace(/"[^"]*"/g, '""');
    for (const [, call = '', name = ''] of bare.matchAll(/(?:(\w+)\()?\b((?:holdfast|irc_bridge)[\w:]+)/g)) {
      if (recorded.has(name) || elsewhere.test(name)) continue;
      names.add(name);
      const histogram = name.replace(/_(bucket|sum|count)$/, '');
      const type = own.get(name) ?? (own.get(histogram) === 'histogram' ? 'counter' : undefined);
      if (type === undefined) missing.add(name);
      else if (['rate', 'increase', 'irate'].includes(call)) assert.equal(type, 'counter', `${call} of ${name}`);
      else if (['deriv', 'delta', 'predict_linear'].includes(call)) assert.equal(type, 'gauge', `${call} of ${name}`);
    }
  }
  assert.deepEqual([...missing], []);
  assert.ok(names.size > 20, String(names.size));
});
