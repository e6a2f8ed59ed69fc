import { type AlertRecord, isWorse, worst } from './alert.ts';
import type { Incident, IncidentChange, Symptom } from './incident.ts';
import type { Rule } from './rule.ts';

interface Grouping {
  /** The raised alerts of now. */
  readonly alerts: readonly AlertRecord[];
  readonly before: { readonly alerts: readonly AlertRecord[]; readonly incidents: readonly Incident[] };
  readonly rules: readonly Rule[];
  readonly atMs: number;
}

interface Grouped {
  readonly incidents: readonly Incident[];
  /** By the alert's key. */
  readonly incidentOf: ReadonlyMap<string, string>;
  readonly changes: readonly IncidentChange[];
}

/**
 * One incident for each cause: an alert joins the one that explains it, and stays in the incident that it is in. When a
 * cause shows after its symptoms, it takes the head of their incident, which keeps its name and who has acknowledged it.
 */
export function groupIncidents({ alerts, before, rules, atMs }: Grouping): Grouped {
  const changes: IncidentChange[] = [];
  const incidents: Incident[] = [];
  const incidentOf = new Map<string, string>();
  const open = new Map(before.incidents.map((incident) => [incident.id, incident]));
  const causes = findCauses(alerts, rules);
  for (const group of joinGroups(alerts, causes)) {
    const known = [...new Set(group.map(({ incident }) => incident ?? ''))].flatMap((id) => open.get(id) ?? []);
    known.sort((a, b) => a.openedMs - b.openedMs || (a.id < b.id ? -1 : 1));
    const [old, ...merged] = known;
    const head = findHead(group, causes);
    const incident = describeIncident(group, head, old, atMs);
    for (const each of merged) {
      open.delete(each.id);
      const text = `is a part of ${incident.id}: ${incident.headline}`;
      changes.push({ atMs, incident: each.id, kind: 'merged', text, key: incident.cause });
    }
    if (old) open.delete(old.id);
    changes.push(...describeChanges(incident, old, atMs));
    incidents.push(incident);
    for (const { key } of group) incidentOf.set(key, incident.id);
  }
  for (const incident of open.values()) {
    changes.push({
      atMs,
      incident: incident.id,
      kind: 'closed',
      text: `all is well again: ${incident.headline}`,
      key: incident.cause,
    });
  }
  return { incidents, incidentOf, changes };
}

/** For each alert's key, the alert that explains it. */
function findCauses(alerts: readonly AlertRecord[], rules: readonly Rule[]): Map<string, AlertRecord> {
  const ruleOf = new Map(rules.map((rule) => [rule.name, rule]));
  const found = new Map<string, AlertRecord>();
  for (const symptom of alerts) {
    for (const { rule, explains } of ruleOf.get(symptom.rule)?.causes ?? []) {
      const cause = alerts.find((each) => each.rule === rule && (explains?.(each, symptom) ?? true));
      if (!cause) continue;
      found.set(symptom.key, cause);
      break;
    }
  }
  return found;
}

/** The alerts that hang together, by cause or because they were in one incident before. */
function joinGroups(alerts: readonly AlertRecord[], causes: ReadonlyMap<string, AlertRecord>): AlertRecord[][] {
  const parent = new Map<string, string>();
  const rootOf = (name: string): string => {
    const above = parent.get(name);
    return above === undefined ? name : rootOf(above);
  };
  const join = (one: string, other: string) => {
    const [a, b] = [rootOf(one), rootOf(other)];
    if (a !== b) parent.set(a, b);
  };
  for (const { key, incident } of alerts) {
    const cause = causes.get(key);
    if (cause) join(`alert ${key}`, `alert ${cause.key}`);
    if (incident !== undefined) join(`alert ${key}`, `incident ${incident}`);
  }
  const groups = Map.groupBy(alerts, ({ key }) => rootOf(`alert ${key}`));
  return [...groups.values()];
}

/** The alert that nothing explains; of several the worst, then the one whose rule explains most, then the oldest. */
function findHead(group: readonly AlertRecord[], causes: ReadonlyMap<string, AlertRecord>): AlertRecord {
  const explained = (head: AlertRecord) => group.filter(({ key }) => causes.get(key)?.key === head.key).length;
  const heads = group.filter(({ key }) => !causes.has(key));
  const sorted = (heads.length > 0 ? heads : [...group]).sort((a, b) => {
    if (a.severity !== b.severity) return isWorse(a.severity, b.severity) ? -1 : 1;
    return explained(b) - explained(a) || (a.raisedMs ?? 0) - (b.raisedMs ?? 0) || (a.key < b.key ? -1 : 1);
  });
  return sorted[0] as AlertRecord;
}

function describeIncident(
  group: readonly AlertRecord[],
  head: AlertRecord,
  old: Incident | undefined,
  atMs: number,
): Incident {
  const stamp = new Date(atMs).toISOString().replace(/\.\d+Z$|[-:]/g, '');
  const name = head.key.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 80);
  const symptoms = group.filter((each) => each !== head);
  return {
    id: old?.id ?? `${stamp}-${name}`,
    openedMs: old?.openedMs ?? atMs,
    severity: worst(group.map(({ severity }) => severity)),
    losesData: group.some(({ losesData }) => losesData),
    cause: head.key,
    headline: head.summary,
    symptoms: symptoms.map(({ key, summary, severity }) => ({ key, summary, severity })),
  };
}

function describeChanges(incident: Incident, old: Incident | undefined, atMs: number): IncidentChange[] {
  const change = (kind: IncidentChange['kind'], text: string, key = incident.cause): IncidentChange => {
    return { atMs, incident: incident.id, kind, text, key };
  };
  const grew = (word: string, { key, summary, severity }: Symptom) => {
    return { ...change('grew', `${word}: ${summary}`, key), severity };
  };
  if (!old) {
    const opened = { ...change('opened', incident.headline), severity: incident.severity };
    return [opened, ...incident.symptoms.map((symptom) => grew('also', symptom))];
  }
  const changes: IncidentChange[] = [];
  const known = new Map(old.symptoms.map(({ key, severity }) => [key, severity]));
  const current = new Set([incident.cause, ...incident.symptoms.map(({ key }) => key)]);
  if (incident.cause !== old.cause) changes.push(change('explained', `the cause: ${incident.headline}`));
  for (const symptom of incident.symptoms) {
    if (symptom.key === old.cause) continue;
    const before = known.get(symptom.key);
    if (before === undefined) changes.push(grew('also', symptom));
    else if (isWorse(symptom.severity, before)) changes.push(grew('worse', symptom));
  }
  for (const { key, summary } of [{ key: old.cause, summary: old.headline }, ...old.symptoms]) {
    if (!current.has(key)) changes.push(change('cleared', `no longer: ${summary}`, key));
  }
  if (isWorse(incident.severity, old.severity)) changes.push(change('worsened', `now a ${incident.severity}`));
  else if (isWorse(old.severity, incident.severity)) changes.push(change('eased', `now a ${incident.severity}`));
  return changes;
}
