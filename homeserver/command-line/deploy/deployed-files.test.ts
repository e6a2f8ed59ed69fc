import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../platform/config/load-config.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';

const root = join(import.meta.dirname, '../../..');
const readRoot = (path: string) => readFileSync(join(root, path), 'utf8');
const repository = JSON.parse(readRoot('package.json')) as { workspaces: string[]; scripts: Record<string, string> };
const pinnedNode = '/opt/holdfast/node_modules/node/bin/node';

/** What `npm run SCRIPT` gives Node.js: its flags and the program. */
function readScript(script: string) {
  const words = (repository.scripts[script] ?? '').split(' ');
  const rest = words.slice(words.indexOf('node') + 1);
  return {
    flags: rest.filter((word) => word.startsWith('--')),
    program: rest.find((word) => !word.startsWith('--')) ?? 'none',
  };
}

test('each unit runs what npm runs, with the same flags, from files that are there', () => {
  const scripts = { holdfast: 'start', 'holdfast-irc-bridge': 'irc-bridge', 'holdfast-monitor': 'monitor' };
  assert.deepEqual(
    globSync('*.service', { cwd: join(root, 'deploy/systemd') }).toSorted(),
    Object.keys(scripts)
      .map((name) => `${name}.service`)
      .toSorted(),
  );
  for (const [name, script] of Object.entries(scripts)) {
    const text = readRoot(`deploy/systemd/${name}.service`);
    const started = /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
    const { flags, program } = readScript(script);
    assert.deepEqual(started.slice(0, flags.length + 2), [pinnedNode, ...flags, program], name);
    assert.ok(existsSync(join(root, program)), program);
    const page = /^Documentation=file:\/opt\/holdfast\/(.*)$/m.exec(text)?.[1] ?? '';
    assert.ok(existsSync(join(root, page)), page);
  }
});

test('the image has the packages of every workspace, and starts as npm start does', () => {
  const text = readRoot('Dockerfile');
  for (const workspace of repository.workspaces) {
    assert.match(text, new RegExp(`^COPY ${workspace}/package\\.json ${workspace}/$`, 'm'));
  }
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '[]') as string[];
  const command = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? '[]') as string[];
  const { flags, program } = readScript('start');
  assert.deepEqual([...entry, ...command].slice(2), ['node_modules/node/bin/node', ...flags, program, 'start']);
});

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: ValueFrom }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
interface ValueFrom {
  readonly secretKeyRef?: { readonly name: string };
}
interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly containers: readonly Container[]; readonly volumes?: readonly Named[] };
}
interface Named {
  readonly name: string;
  readonly configMap?: Named;
  readonly persistentVolumeClaim?: { readonly claimName: string };
}
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly minAvailable?: number;
    readonly serviceName?: string;
    readonly selector?: Readonly<Record<string, string>> & { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: Template;
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly podMetricsEndpoints?: readonly { readonly port: string }[];
    readonly volumeClaimTemplates?: readonly { readonly metadata: Named }[];
  };
}

const objects = globSync('*.yaml', { cwd: join(root, 'deploy/kubernetes') }).flatMap((file) =>
  parseAllDocuments(readRoot(`deploy/kubernetes/${file}`)).map((each) => {
    assert.deepEqual(each.errors, [], file);
    return each.toJS() as KubernetesObject;
  }),
);
const ofKind = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind));
const find = (kind: string, name: string) => objects.find((each) => each.kind === kind && each.metadata.name === name);
const pods = ofKind('Deployment', 'StatefulSet');
const podsOf = (labels: Readonly<Record<string, string>> | undefined) =>
  pods.filter(({ spec }) => spec?.template?.metadata.labels['app'] === labels?.['app']);

test('what Kubernetes is told of Holdfast’s settings is what Holdfast reads', async () => {
  const file = join(await makeTestFolder(), 'holdfast.yaml');
  await writeFile(file, find('ConfigMap', 'holdfast')?.data?.['holdfast.yaml'] ?? '');
  for (const { spec } of pods) {
    const [container] = spec?.template?.spec.containers ?? [];
    // As a secret has it: a URL, a list, a text.
    const secrets: Readonly<Record<string, string>> = {
      ...{ HOLDFAST_DATABASE_URL: 'postgres://a:b@c/d', HOLDFAST_METRICS_TOKEN: 'e', HOLDFAST_MONITOR_PAGING: '{}' },
    };
    const given = (container?.env ?? []).filter(({ name }) => name.startsWith('HOLDFAST_'));
    const environment = Object.fromEntries(
      given.map(({ name, value }) => [name, (value ?? secrets[name] ?? '').replace('$(POD_IP)', '192.0.2.1')]),
    );
    const { config } = loadConfig({ environment, overrides: { config: file }, file });
    assert.equal(config.serverName, 'example.org');
    const ports = (container?.ports ?? []).map(({ name, containerPort }) => [name, containerPort]);
    const { http, metrics, process: own, monitor } = config;
    const all = { http: http.port, internal: own.internalPort, metrics: metrics.port, people: monitor.port };
    assert.deepEqual(
      ports,
      Object.entries(all).filter(([name]) => ports.some(([each]) => each === name)),
    );
    const configFile = container?.args?.at(-1) ?? '';
    assert.ok(container?.volumeMounts?.some(({ mountPath }) => mountPath === join(configFile, '..')));
    assert.equal(basename(configFile), 'holdfast.yaml');
  }
});

test('what the objects of Kubernetes say of each other is there', () => {
  assert.deepEqual(pods.map(({ metadata }) => metadata.name).toSorted(), ['holdfast', 'holdfast-monitor']);
  for (const { kind, metadata, spec } of objects) {
    if (kind !== 'Namespace') assert.equal(metadata.namespace, 'holdfast', `${kind} ${metadata.name}`);
    if (['Service', 'PodDisruptionBudget', 'PodMonitor'].includes(kind)) {
      const labels = kind === 'Service' ? spec?.selector : spec?.selector?.matchLabels;
      const [found] = podsOf(labels);
      assert.ok(found, `${kind} ${metadata.name}`);
      const named = found.spec?.template?.spec.containers.flatMap(({ ports }) => ports?.map(({ name }) => name) ?? []);
      const wanted = [...(spec?.ports ?? []).map(({ targetPort }) => targetPort)];
      for (const port of [...wanted, ...(spec?.podMetricsEndpoints ?? []).map((each) => each.port)]) {
        assert.ok(named?.includes(port), `${kind} ${metadata.name}: ${port}`);
      }
      assert.ok((spec?.minAvailable ?? 0) < (found.spec?.replicas ?? 0));
    }
  }
  for (const { kind, metadata, spec } of pods) {
    const { containers, volumes = [] } = spec?.template?.spec ?? { containers: [] };
    assert.deepEqual(spec?.template?.metadata.labels, spec?.selector?.matchLabels, metadata.name);
    if (kind === 'StatefulSet') assert.ok(find('Service', spec?.serviceName ?? ''), metadata.name);
    for (const { configMap, persistentVolumeClaim: claim } of volumes) {
      if (configMap) assert.ok(find('ConfigMap', configMap.name), configMap.name);
      if (claim) assert.ok(find('PersistentVolumeClaim', claim.claimName), claim.claimName);
    }
    const claims = spec?.volumeClaimTemplates?.map(({ metadata: { name } }) => name) ?? [];
    const has = [...volumes.map(({ name }) => name), ...claims];
    for (const { volumeMounts = [], env = [] } of containers) {
      assert.deepEqual(volumeMounts.map(({ name }) => name).toSorted(), has.toSorted(), metadata.name);
      // The operator of PostgreSQL makes one secret, by its cluster's name, and the reader of the page the other.
      const made = [...ofKind('Cluster').map((each) => `${each.metadata.name}-app`), 'holdfast-monitor'];
      for (const { valueFrom } of env) {
        const secret = valueFrom?.secretKeyRef?.name;
        if (secret !== undefined) assert.ok(made.includes(secret), secret);
      }
    }
  }
  assert.ok(readRoot('docs/operating/kubernetes.md').includes('`holdfast-monitor`'));
});

/** https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.Rule */
const ruleKeys = new Set(['alert', 'annotations', 'expr', 'for', 'keep_firing_for', 'labels', 'record']);

test('the rules for the Prometheus operator are those of Prometheus, and the operator knows every field', () => {
  const object = find('PrometheusRule', 'holdfast') as unknown as Readonly<Record<string, unknown>>;
  assert.deepEqual(Object.keys(object), ['apiVersion', 'kind', 'metadata', 'spec']);
  assert.equal(object['apiVersion'], 'monitoring.coreos.com/v1');
  const { groups } = object['spec'] as { groups: { name: string; rules: Readonly<Record<string, unknown>>[] }[] };
  assert.deepEqual(object['spec'], parse(readRoot('deploy/prometheus/rules.yml')));
  assert.deepEqual(Object.keys(object['spec'] as object), ['groups']);
  assert.equal(new Set(groups.map(({ name }) => name)).size, groups.length);
  for (const { name, rules, ...more } of groups) {
    assert.deepEqual(more, {}, name);
    for (const rule of rules) {
      const { alert, record, expr, for: lasting, labels = {}, annotations = {} } = rule;
      assert.deepEqual(
        Object.keys(rule).filter((key) => !ruleKeys.has(key)),
        [],
      );
      assert.equal(Number(alert !== undefined) + Number(record !== undefined), 1, String(expr));
      assert.match(typeof lasting === 'string' ? lasting : '0s', /^\d+[smhd]$/);
      assert.ok(lasting === undefined || typeof lasting === 'string');
      const texts = [...Object.values(labels as object), ...Object.values(annotations as object)] as unknown[];
      assert.ok(
        [expr, ...texts].every((value) => typeof value === 'string'),
        String(alert),
      );
    }
  }
});

test('every file for Kubernetes stands on its page', () => {
  const page = readRoot('docs/operating/kubernetes.md');
  for (const file of globSync('*.yaml', { cwd: join(root, 'deploy/kubernetes') })) {
    assert.ok(page.includes(`\`${file}\``), file);
  }
});
