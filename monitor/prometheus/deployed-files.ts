import { listRuleGroups } from './alerting-rules.ts';
import { alertmanagerConfig } from './alertmanager-config.ts';
import { dashboards, formatDashboard } from './dashboards.ts';
import { formatYaml, type Yaml } from './format-yaml.ts';
import { listRuleTests } from './rule-tests.ts';

const head = '# Made from monitor/decide/rules by `npm run prometheus-files`; changes here are lost.\n';

/** The same rules as an object of Kubernetes. https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule */
function prometheusRule(): Yaml {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'holdfast', namespace: 'holdfast', labels: { app: 'holdfast' } },
    spec: listRuleGroups(),
  };
}

/** What deploy has for Prometheus, by its path there. */
export function listDeployedFiles(): ReadonlyMap<string, string> {
  const yaml = (content: Yaml) => head + formatYaml(content);
  return new Map([
    ['prometheus/rules.yml', yaml(listRuleGroups())],
    ['prometheus/rules-test.yml', yaml(listRuleTests())],
    ['prometheus/alertmanager.yml', yaml(alertmanagerConfig())],
    ['kubernetes/rules.yaml', yaml(prometheusRule())],
    ...dashboards.map((dashboard) => [`prometheus/grafana/${dashboard.uid}.json`, formatDashboard(dashboard)] as const),
  ]);
}
