import type { Rule } from '../decide/rule.ts';
import { rules } from '../decide/rules.ts';
import type { DirectAlert } from './direct-alert.ts';
import { directAlerts } from './direct-alerts.ts';
import type { Yaml } from './format-yaml.ts';
import { recordingRules } from './recording-rules.ts';

/** The pages of the alerts; the monitor serves them, too, as `/alerts/NAME`. */
const guides = 'docs/operating/alerts';
const paged = ['page', 'warning'] as const;
/** A monitor says every five seconds that it turns; this is the time in which another one takes over. */
const monitorSilentMs = 120_000;

/** `HoldfastDiskFilling` of `disk-filling`. */
export function alertName(rule: string): string {
  return `Holdfast${rule.replace(/(^|-)(.)/g, (_, _dash, letter: string) => letter.toUpperCase())}`;
}

/** Prometheus's rules: what the monitor says, what the metrics say by themselves, and that there is a monitor. */
export function listRuleGroups(): Yaml {
  const monitored = rules.flatMap((rule) =>
    paged.filter((severity) => rule.severities.includes(severity)).map((severity) => monitorAlert(rule, severity)),
  );
  return {
    groups: [
      { name: 'holdfast-recorded', rules: recordingRules },
      { name: 'holdfast-monitor', rules: [monitorSilent, ...monitored] },
      { name: 'holdfast-direct', rules: groupDirectAlerts().map(directRule) },
    ],
  };
}

/** The monitor has judged it already, with hysteresis: it is passed on as it is. */
function monitorAlert(rule: Rule, severity: 'page' | 'warning'): Yaml {
  return {
    alert: alertName(rule.name),
    expr: `max by (subject) (holdfast_monitor_alert{rule="${rule.name}",severity="${severity}"}) > 0`,
    labels: labelsOf(rule, severity, 'monitor'),
    annotations: annotationsOf(rule, '{{ $labels.subject }}'),
  };
}

/** What Prometheus sees of one rule in one severity is one alert, from however many metrics. */
function groupDirectAlerts(): DirectAlert[][] {
  return [...Map.groupBy(directAlerts, ({ rule, severity }) => `${rule} ${severity}`).values()];
}

function directRule(alerts: readonly DirectAlert[]): Yaml {
  const { rule: name, severity, forMs } = alerts[0] as DirectAlert;
  const rule = findRule(name);
  const expressions = alerts.map(({ expression, subject }) => {
    return `label_replace(${expression}, "subject", "$1", "${subject}", "(.*)")`;
  });
  return {
    alert: alertName(rule.name),
    expr: expressions.join(' or '),
    for: `${(forMs ?? rule.raiseAfterMs) / 1000}s`,
    labels: labelsOf(rule, severity, 'metrics'),
    annotations: annotationsOf(rule, '{{ $labels.subject }}'),
  };
}

const monitorSilent: Yaml = {
  alert: 'HoldfastMonitorSilent',
  expr: 'absent(holdfast_monitor_leader == 1) or min(holdfast_monitor_round_age_seconds and on (instance) holdfast_monitor_leader == 1) > 60',
  for: `${monitorSilentMs / 1000}s`,
  labels: { severity: 'page', rule: 'monitor-silent', loses_data: 'false', seen_by: 'metrics' },
  annotations: {
    summary: 'No monitor of Holdfast watches',
    guide: 'docs/operating/monitor.md',
  },
};

export function findRule(name: string): Rule {
  const found = rules.find((rule) => rule.name === name);
  if (!found) throw new Error(`there is no rule ${name}`);
  return found;
}

function labelsOf({ name, losesData }: Rule, severity: string, seenBy: string): Yaml {
  return { severity, rule: name, loses_data: String(losesData), seen_by: seenBy };
}

function annotationsOf({ name, title }: Rule, subject: string): Yaml {
  return { summary: `${title}: ${subject}`, guide: `${guides}/${name}.md` };
}
