import { rules } from '../decide/rules.ts';
import { alertName, findRule } from './alerting-rules.ts';
import type { DirectAlert, Series } from './direct-alert.ts';
import { directAlerts } from './direct-alerts.ts';
import type { Yaml } from './format-yaml.ts';

const paged = ['page', 'warning'] as const;
const evaluatedAt = '15m';

/** An alert that a test expects, by the name under which promtool knows it. */
interface Expected {
  readonly alert: string;
  readonly expectation: Yaml;
}

/** promtool's tests: every rule of the monitor in each of its severities, and every direct alert from both sides. */
export function listRuleTests(): Yaml {
  return {
    rule_files: ['rules.yml'],
    evaluation_interval: '15s',
    tests: [
      monitorTest(),
      ...paged.flatMap((severity) => {
        const alerts = directAlerts.filter((alert) => alert.severity === severity);
        return [directTest(alerts, 'fires'), directTest(alerts, 'rests')];
      }),
      ...monitorSilentTests(),
    ],
  };
}

const leader = 'holdfast_monitor_leader{job="holdfast-monitor",instance="m1"}';
const round = 'holdfast_monitor_round_age_seconds{job="holdfast-monitor",instance="m1"}';
/** A monitor that turns, so that its silence is not what a test finds. */
const monitorIsThere: readonly Series[] = [
  [leader, '1x20'],
  [round, '3x20'],
];

function monitorTest(): Yaml {
  const told = rules.flatMap(({ name, severities }) =>
    paged.filter((severity) => severities.includes(severity)).map((severity) => ({ name, severity })),
  );
  const series = told.map(({ name, severity }): Series => {
    return [`holdfast_monitor_alert{instance="m1",rule="${name}",subject="it",severity="${severity}"}`, '1x20'];
  });
  const expected = told.map(({ name, severity }) => expectationOf(name, severity, 'monitor', { subject: 'it' }));
  return testOf('what the monitor says is passed on', [...monitorIsThere, ...series], expected);
}

/** All alerts of one severity at once, each with its own series. */
function directTest(alerts: readonly DirectAlert[], side: 'fires' | 'rests'): Yaml {
  const expected = alerts.flatMap((alert) => {
    const [[series] = ['']] = alert[side];
    const labels = keptLabels(series, alert);
    // What is bad enough for a page, or nearly, is a warning where the same figure has a limit for that too.
    const severities = [...(side === 'fires' ? [alert.severity] : []), ...(hasWarning(alert) ? ['warning'] : [])];
    return severities.map((severity) => expectationOf(alert.rule, severity, 'metrics', labels));
  });
  const names = new Set(alerts.map(({ rule }) => alertName(rule)));
  const series = alerts.flatMap((alert) => alert[side]);
  return testOf(`the metrics alone: ${alerts[0]?.severity} ${side}`, [...monitorIsThere, ...series], expected, names);
}

/** The labels that an alert has of its series, with the subject. */
function keptLabels(series: string, { expression, subject }: DirectAlert): Record<string, string> {
  const all = Object.fromEntries(
    [...series.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const isSummed = /by \((job|instance)/.test(expression);
  const kept = isSummed ? { [subject]: all[subject] ?? '' } : all;
  return { ...kept, subject: all[subject] ?? '' };
}

function hasWarning({ severity, expression }: DirectAlert): boolean {
  const [figure] = expression.split(' >= ');
  return (
    severity === 'page' &&
    directAlerts.some((each) => each.severity === 'warning' && each.expression.startsWith(`${figure} >=`))
  );
}

function monitorSilentTests(): Yaml[] {
  const fires: Expected = {
    alert: 'HoldfastMonitorSilent',
    expectation: {
      exp_labels: { severity: 'page', rule: 'monitor-silent', loses_data: 'false', seen_by: 'metrics' },
      exp_annotations: { summary: 'No monitor of Holdfast watches', guide: 'docs/operating/monitor.md' },
    },
  };
  return [
    testOf('no monitor', [['up{job="holdfast"}', '1x20']], [fires]),
    testOf(
      'a monitor that pages and does not turn',
      [
        [leader, '1x20'],
        [round, '0+60x20'],
      ],
      [fires],
    ),
  ];
}

/** Alerts of other names than the expected ones may be there, but not of `names` nor that no monitor watches. */
function testOf(
  name: string,
  series: readonly Series[],
  expected: readonly Expected[],
  names: ReadonlySet<string> = new Set(),
): Yaml {
  const asked = new Set([...names, ...expected.map(({ alert }) => alert), 'HoldfastMonitorSilent']);
  return {
    ...{ name, interval: '1m', input_series: series.map(([each, values]) => ({ series: each, values })) },
    alert_rule_test: [...asked].map((alertname) => {
      const alerts = expected.filter(({ alert }) => alert === alertname).map(({ expectation }) => expectation);
      return { eval_time: evaluatedAt, alertname, exp_alerts: alerts };
    }),
  };
}

function expectationOf(
  rule: string,
  severity: string,
  seenBy: string,
  labels: Readonly<Record<string, string>>,
): Expected {
  const { title, losesData } = findRule(rule);
  return {
    alert: alertName(rule),
    expectation: {
      exp_labels: { ...labels, severity, rule, loses_data: String(losesData), seen_by: seenBy },
      exp_annotations: { summary: `${title}: ${labels['subject']}`, guide: `docs/operating/alerts/${rule}.md` },
    },
  };
}
