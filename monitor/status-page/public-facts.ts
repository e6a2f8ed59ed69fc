import type { Incident, IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { type Component, type ComponentState, judgeComponents } from './components.ts';

export interface StatusFacts {
  readonly serverName: string;
  readonly atMs: number;
  readonly incidents: readonly Incident[];
  /** The newest last. */
  readonly timeline: readonly IncidentChange[];
}

/** What everybody may know: which kind of thing happened and when, without names of machines, addresses and people. */
export interface PublicFacts {
  readonly serverName: string;
  readonly atMs: number;
  readonly verdict: 'All is well' | 'Some things are not as they should be' | 'Disturbed';
  readonly components: readonly { readonly name: Component; readonly state: ComponentState }[];
  /** What is open first, then what is over, each the newest first. */
  readonly incidents: readonly PublicIncident[];
}

export interface PublicIncident {
  readonly id: string;
  readonly title: string;
  readonly isOpen: boolean;
  readonly openedMs: number;
  /** Of one that is over. */
  readonly closedMs?: number;
  /** What else is the matter with it, while it is open. */
  readonly also: readonly string[];
  /** The newest first. */
  readonly entries: readonly PublicEntry[];
}

export interface PublicEntry {
  readonly atMs: number;
  readonly text: string;
  /** Written by a person. */
  readonly isNote: boolean;
}

const mostIncidents = 50;
const mostEntries = 40;
const titles = new Map(rules.map(({ name, title }) => [name, title]));
const noticeOnly = new Set(
  rules.filter(({ severities }) => severities.every((each) => each === 'notice')).map(({ name }) => name),
);

function ruleOf(key = ''): string {
  return key.split(' ')[0] ?? '';
}

/** The title of the rule of an alert's key. */
function titleOf(key: string | undefined): string {
  return titles.get(ruleOf(key)) ?? 'Something is not as it should be';
}

const words: Partial<Record<IncidentChange['kind'], (title: string) => string>> = {
  opened: (title) => title,
  explained: (title) => `The cause is known: ${title}`,
  grew: (title) => `Also: ${title}`,
  worsened: (title) => `It has become worse: ${title}`,
  eased: (title) => `It has become better: ${title}`,
  merged: () => 'It has the same cause as another one',
  cleared: (title) => `No longer: ${title}`,
  closed: (title) => `All is well again: ${title}`,
};

export function choosePublicFacts({ serverName, atMs, incidents, timeline }: StatusFacts): PublicFacts {
  const open = incidents.filter(({ severity }) => severity !== 'notice');
  const alerts = open.flatMap(({ cause, severity, symptoms }) => [
    { rule: ruleOf(cause), severity },
    ...symptoms.map((symptom) => ({ rule: ruleOf(symptom.key), severity: symptom.severity })),
  ]);
  const isDisturbed = open.some(({ severity }) => severity === 'page');
  return {
    ...{ serverName, atMs, components: judgeComponents(alerts) },
    verdict: isDisturbed ? 'Disturbed' : open.length > 0 ? 'Some things are not as they should be' : 'All is well',
    incidents: listIncidents(open, timeline),
  };
}

/** By what the timeline still has of each. */
function listIncidents(open: readonly Incident[], timeline: readonly IncidentChange[]): PublicIncident[] {
  const changes = Map.groupBy(timeline, ({ incident }) => incident);
  const current = open.map(({ id, openedMs, cause, symptoms }): PublicIncident => {
    const also = [...new Set(symptoms.map(({ key }) => titleOf(key)))].filter((title) => title !== titleOf(cause));
    return { ...{ id, openedMs, also, isOpen: true, title: titleOf(cause) }, entries: listEntries(changes.get(id)) };
  });
  const isOpen = new Set(current.map(({ id }) => id));
  const past = [...changes].flatMap(([id, own]): PublicIncident[] => {
    const end = own.findLast(({ kind }) => kind === 'closed' || kind === 'merged');
    const named = own.findLast(({ key }) => key !== undefined);
    const entries = listEntries(own);
    // One that is open and is only a notice has no end, and is not for everybody.
    if (isOpen.has(id) || !end || !named || entries.length === 0 || isNoticeOnly(own)) return [];
    const title = titleOf(end.key);
    return [{ id, title, ...{ isOpen: false, also: [], entries }, openedMs: own[0]?.atMs ?? 0, closedMs: end.atMs }];
  });
  const newestFirst = (one: PublicIncident, other: PublicIncident) => other.openedMs - one.openedMs;
  return [...current.toSorted(newestFirst), ...past.toSorted(newestFirst)].slice(0, mostIncidents);
}

function isNoticeOnly(own: readonly IncidentChange[]): boolean {
  return own.every(({ key, kind }) => kind !== 'noted' && (key === undefined || noticeOnly.has(ruleOf(key))));
}

function listEntries(own: readonly IncidentChange[] = []): PublicEntry[] {
  const entries = own.flatMap(({ atMs, kind, key, text }): PublicEntry[] => {
    // What a person writes by hand is written for everybody.
    if (kind === 'noted') return [{ atMs, text, isNote: true }];
    const say = words[kind];
    return say ? [{ atMs, text: say(titleOf(key)), isNote: false }] : [];
  });
  return entries.slice(-mostEntries).toReversed();
}
