import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Rule } from '../decide/rule.ts';
import { rules } from '../decide/rules.ts';
import { alertName, listRuleGroups } from './alerting-rules.ts';
import { dashboards, listQuestions } from './dashboards.ts';
import { listDeployedFiles } from './deployed-files.ts';
import { monitorMetrics } from './format-monitor-metrics.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');

interface AlertingRule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels: { readonly severity: string; readonly rule: string; readonly loses_data: string };
  readonly annotations: { readonly summary: string; readonly guide: string };
}
const groups = (listRuleGroups() as unknown as { groups: { name: string; rules: AlertingRule[] }[] }).groups;
const rulesOf = (name: string) => groups.find((group) => group.name === name)?.rules ?? [];

function layOut(path: string, text: string): string {
  const args = ['format', `--stdin-file-path=${path}`];
  return execFileSync(join(root, 'node_modules/.bin/biome'), args, { cwd: folder, input: text, encoding: 'utf8' });
}

test('what deploy has for Prometheus is what the monitor’s rules make', () => {
  // How they are laid out is the formatter's.
  for (const [path, text] of listDeployedFiles()) {
    assert.equal(read(path), layOut(path, text), `${path}: npm run prometheus-files`);
  }
});

test('each rule of the monitor is an alert in each of its severities, with its page, and there is no other', () => {
  const [silent, ...told] = rulesOf('holdfast-monitor');
  assert.equal(silent?.alert, 'HoldfastMonitorSilent');
  const expected = rules.flatMap(({ name, severities }) =>
    severities.filter((each) => each !== 'notice').map((each) => [alertName(name), each]),
  );
  assert.deepEqual(
    told.map(({ alert, labels }) => [alert, labels.severity]),
    expected,
  );
  const ruleOf = new Map<string, Rule>(rules.map((rule) => [rule.name, rule]));
  for (const { labels, annotations, alert } of [...told, ...rulesOf('holdfast-direct')]) {
    const rule = ruleOf.get(labels.rule);
    assert.ok(
      rule?.severities.some((each) => each === labels.severity),
      `${alert} ${labels.severity}`,
    );
    assert.equal(alert, alertName(labels.rule));
    assert.equal(labels.loses_data, String(rule?.losesData));
    assert.ok(readFileSync(join(root, annotations.guide), 'utf8').startsWith(`# ${rule?.title}\n`));
  }
});

/** Where metrics are made. What only reads them proves nothing. */
function listExported(): Set<string> {
  const sources = globSync(['homeserver/**/*.ts', 'irc-bridge/**/*.ts', 'effects/*.ts'], { cwd: root }).filter(
    (path) => !path.endsWith('.test.ts') && !path.includes('/overview/') && !path.includes('/testing/'),
  );
  const made = sources.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    // A name and what it means, as every metric has them.
    const whole = [...text.matchAll(/'((?:holdfast|irc_bridge)_\w+)',\s*(?:help: )?['"`]/g)].map(
      ([, name = '']) => name,
    );
    // Or a list of the ends of names.
    const [, prefix] = /name: `(holdfast_\w+_)\$\{name\}`/.exec(text) ?? [];
    const ends = prefix === undefined ? [] : [...text.matchAll(/\[\s*'(\w+)',\s*['"`]/g)];
    return [...whole, ...ends.map(([, end]) => `${prefix}${end}`)];
  });
  // What other bridges are asked to export.
  const page = readFileSync(join(root, 'docs/operating/application-services.md'), 'utf8');
  const ofOthers = [...page.matchAll(/^(holdfast_canary_\w+)\{/gm)].map(([, name = '']) => name);
  return new Set([...made, ...ofOthers, ...monitorMetrics.map(({ name }) => name), 'up']);
}

test('every metric that a rule or a dashboard asks for is one that a process exports', () => {
  const recorded = groups.flatMap((group) => group.rules.flatMap(({ record }) => record ?? []));
  const known = new Set([...listExported(), ...recorded]);
  const asked = [...groups.flatMap((group) => group.rules.map(({ expr }) => expr)), ...listQuestions()].flatMap(
    (text) =>
      [...text.replace(/"[^"]*"/g, '').matchAll(/\b(?:holdfast|irc_bridge)[\w:]+|\bup\b/g)].map(([name]) => name),
  );
  assert.ok(asked.length > 100, String(asked.length));
  const unknown = asked.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')));
  assert.deepEqual([...new Set(unknown)], []);
});

test('dashboards are whole: panels do not overlap, and have a source, a question and a unit', () => {
  for (const { uid } of dashboards) {
    const { panels, templating } = JSON.parse(read(`prometheus/grafana/${uid}.json`)) as {
      panels: {
        id: number;
        gridPos: { x: number; y: number };
        targets: { refId: string; expr: string }[];
        fieldConfig: { defaults: { unit: string } };
      }[];
      templating: { list: { name: string }[] };
    };
    assert.equal(templating.list[0]?.name, 'datasource');
    const places = panels.map(({ gridPos }) => `${gridPos.x} ${gridPos.y}`);
    assert.equal(new Set(places).size, panels.length);
    for (const { targets, fieldConfig } of panels) {
      assert.ok(targets.length > 0 && fieldConfig.defaults.unit);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length);
    }
  }
});
