import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { alertmanagerConfig } from './alertmanager-config.ts';
import { listQuestions } from './dashboards.ts';

const folder = join(import.meta.dirname, '../../deploy/prometheus');
const scratch = mkdtempSync(join(tmpdir(), 'holdfast-prometheus-'));
after(() => rmSync(scratch, { recursive: true }));

/** Runs a program of Prometheus (Debian's prometheus and prometheus-alertmanager bring them); gives what it said. */
function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('promtool takes the rules and their tests, and each question of the dashboards', () => {
  cpSync(folder, scratch, { recursive: true });
  assert.match(run('promtool', 'check', 'rules', '--lint-fatal', 'rules.yml'), /SUCCESS: \d+ rules found/);
  assert.match(run('promtool', 'test', 'rules', 'rules-test.yml'), /SUCCESS/);
  writeFileSync(join(scratch, 'metrics-token'), 'token');
  assert.match(run('promtool', 'check', 'config', 'prometheus.yml'), /is valid/);
  const asked = listQuestions().map((expr, index) => ({
    record: `question_${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }));
  writeFileSync(join(scratch, 'questions.yml'), JSON.stringify({ groups: [{ name: 'questions', rules: asked }] }));
  assert.match(run('promtool', 'check', 'rules', 'questions.yml'), new RegExp(`${asked.length} rules found`));
});

test('Alertmanager wakes for pages, lets warnings wait, and mutes nothing that loses data', () => {
  cpSync(folder, scratch, { recursive: true });
  assert.match(run('amtool', 'check-config', 'alertmanager.yml'), /SUCCESS/);
  const receiverOf = (...labels: string[]) =>
    run('amtool', 'config', 'routes', 'test', '--config.file=alertmanager.yml', ...labels).trim();
  assert.deepEqual(
    [
      receiverOf('severity=page', 'rule=database-down', 'loses_data=false'),
      receiverOf('severity=warning', 'rule=disk-filling', 'loses_data=false'),
      receiverOf('severity=page', 'rule=log-hole', 'loses_data=true'),
      receiverOf('severity=other'),
    ],
    ['on-call', 'team', 'everybody', 'team'],
  );
  const config = alertmanagerConfig() as unknown as {
    route: { routes: { matchers: string[]; mute_time_intervals?: string[] }[] };
    inhibit_rules: { target_matchers: string[] }[];
  };
  for (const { target_matchers: targets } of config.inhibit_rules) assert.ok(targets.includes('loses_data="false"'));
  for (const { matchers, mute_time_intervals: muted } of config.route.routes)
    if (muted) assert.deepEqual(matchers, ['severity="warning"']);
});
