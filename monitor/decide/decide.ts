import type { Observations } from '../observations/observations.ts';
import { type AlertRecord, alertKey, isRaised, isWorse } from './alert.ts';
import { groupIncidents } from './group-incidents.ts';
import type { Incident, IncidentChange } from './incident.ts';
import type { Condition, Rule } from './rule.ts';

/** What deciding remembers from one round to the next. Plain data: it is stored, and another monitor goes on with it. */
export interface DecisionState {
  readonly alerts: readonly AlertRecord[];
  readonly incidents: readonly Incident[];
}

export interface Decision {
  readonly state: DecisionState;
  readonly changes: readonly IncidentChange[];
}

export const emptyDecisionState: DecisionState = { alerts: [], incidents: [] };

/** More subjects of one rule than this are one trouble, and the first of them tell enough. */
const maxSubjects = 50;

/**
 * From what was observed and what was known before to the alerts and incidents of now. Pure: the same observations in the
 * same order give the same alerts, whoever asks.
 */
export function decide(state: DecisionState, observations: Observations, rules: readonly Rule[]): Decision {
  const before = new Map(state.alerts.map((record) => [record.key, record]));
  const alerts = rules.flatMap((rule) => judgeRule(rule, observations, before));
  const { incidents, incidentOf, changes } = groupIncidents({
    ...{ alerts: alerts.filter(isRaised), before: state, rules, atMs: observations.atMs },
  });
  return {
    state: { alerts: alerts.map((record) => ({ ...record, incident: incidentOf.get(record.key) })), incidents },
    changes,
  };
}

/** The records of one rule after this round. */
function judgeRule(rule: Rule, observations: Observations, before: ReadonlyMap<string, AlertRecord>): AlertRecord[] {
  const { atMs } = observations;
  const old = [...before.values()].filter((record) => record.rule === rule.name);
  const conditions = rule.judge(observations, {
    atMs,
    isRaised: (subject) => before.get(alertKey(rule.name, subject))?.raisedMs !== undefined,
  });
  if (conditions === 'unknown') return old;
  const kept = worstFirst(conditions).slice(0, maxSubjects);
  const current = kept.map((condition) =>
    hold(rule, condition, before.get(alertKey(rule.name, condition.subject)), atMs),
  );
  const subjects = new Set(kept.map(({ subject }) => subject));
  const fading = old.filter((record) => {
    if (subjects.has(record.subject)) return false;
    return isRaised(record) && atMs - record.lastTrueMs < rule.clearAfterMs;
  });
  return [...current, ...fading.map((record) => ({ ...record, trueSinceMs: atMs, pageSinceMs: undefined }))];
}

function worstFirst(conditions: readonly Condition[]): Condition[] {
  return [...conditions].sort((a, b) => {
    if (a.severity === b.severity) return a.subject < b.subject ? -1 : 1;
    return isWorse(a.severity, b.severity) ? -1 : 1;
  });
}

/** A condition that is there: raised when it has lasted, as bad as it has been for long enough. */
function hold(rule: Rule, condition: Condition, old: AlertRecord | undefined, atMs: number): AlertRecord {
  const { subject, severity, summary, losesData = false } = condition;
  const isPage = severity === 'page';
  const trueSinceMs = old?.trueSinceMs ?? atMs;
  const pageSinceMs = isPage ? (old?.pageSinceMs ?? atMs) : undefined;
  const lastPageMs = isPage ? atMs : old?.lastPageMs;
  const raisedMs = old?.raisedMs ?? (atMs - trueSinceMs >= rule.raiseAfterMs ? atMs : undefined);
  const wasPage = old?.raisedMs !== undefined && old.severity === 'page';
  const isHeldPage = pageSinceMs !== undefined && atMs - pageSinceMs >= rule.raiseAfterMs;
  const isFreshPage = lastPageMs !== undefined && atMs - lastPageMs < rule.clearAfterMs;
  return {
    ...{ key: alertKey(rule.name, subject), rule: rule.name, subject, summary },
    losesData: losesData || (old?.losesData === true && isFreshPage),
    severity: isHeldPage || (wasPage && isFreshPage) ? 'page' : isPage ? 'warning' : severity,
    ...{ trueSinceMs, lastTrueMs: atMs, pageSinceMs, lastPageMs, raisedMs, incident: old?.incident },
  };
}
