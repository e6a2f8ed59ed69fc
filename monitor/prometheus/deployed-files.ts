import { listRuleGroups } from './alerting-rules.ts';
import { alertmanagerConfig } from './alertmanager-config.ts';
import { dashboards, formatDashboard } from './dashboards.ts';
import { formatYaml, type Yaml } from './format-yaml.ts';
import { listRuleTests } from './rule-tests.ts';

const head = '# Made from monitor/decide/rules by `npm run prometheus-files`; changes here are lost.\n';

/** What deploy/prometheus has, by its path there. */
export function listDeployedFiles(): ReadonlyMap<string, string> {
  const yaml = (content: Yaml) => head + formatYaml(content);
  return new Map([
    ['rules.yml', yaml(listRuleGroups())],
    ['rules-test.yml', yaml(listRuleTests())],
    ['alertmanager.yml', yaml(alertmanagerConfig())],
    ...dashboards.map((dashboard) => [`grafana/${dashboard.uid}.json`, formatDashboard(dashboard)] as const),
  ]);
}
