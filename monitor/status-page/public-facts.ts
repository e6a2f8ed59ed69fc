import type { Incident, IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { type ComponentName, type ComponentState, componentNames, componentStates, listEffects } from './components.ts';

export interface StatusFacts {
  readonly serverName: string;
  readonly atMs: number;
  readonly incidents: readonly Incident[];
  /** The newest last. */
  readonly timeline: readonly IncidentChange[];
  /** The components that are looked at. */
  readonly watched: readonly ComponentName[];
}

/** What everybody may know: which kind of thing happened and when, without names of machines, addresses, rooms and people. */
export interface PublicFacts {
  readonly serverName: string;
  readonly atMs: number;
  readonly verdict: 'All is well' | 'Some things are not as they should be' | 'Disturbed';
  readonly components: readonly { readonly name: ComponentName; readonly state: ComponentState }[];
  /** Those that go on first, then the newest first. */
  readonly incidents: readonly PublicIncident[];
}

export interface PublicIncident {
  /** Stays the same for as long as the incident is known, and has the rule's name and the time only. */
  readonly id: string;
  readonly openedMs: number;
  readonly isOpen: boolean;
  /** Undefined where nobody knows any more when that was. */
  readonly closedMs: number | undefined;
  readonly title: string;
  readonly affected: readonly ComponentName[];
  /** The newest first. */
  readonly entries: readonly PublicEntry[];
}

export interface PublicEntry {
  readonly id: string;
  readonly atMs: number;
  readonly text: string;
  /** Written by a person. */
  readonly isNote: boolean;
}

/** With these, whatever is written by hand, the page stays below two MiB. */
const mostIncidents = 20;
const mostEntriesOfOne = 15;
const longestTextChars = 1_000;

const titles = new Map(rules.map(({ name, title }) => [name, title]));

/** The title of the rule of an alert's key. */
function titleOf(key = ''): string {
  return titles.get(key.split(' ')[0] ?? '') ?? 'Something is not as it should be';
}

const words: Partial<Record<IncidentChange['kind'], (title: string) => string>> = {
  opened: (title) => title,
  explained: (title) => `The cause is known: ${title}`,
  grew: (title) => `Also: ${title}`,
  worsened: () => 'It has become worse',
  eased: () => 'It has become better',
  merged: (title) => `It is a part of something larger: ${title}`,
  cleared: (title) => `No longer: ${title}`,
  closed: () => 'All is well again',
};

/** Pure. */
export function choosePublicFacts({ serverName, atMs, incidents, timeline, watched }: StatusFacts): PublicFacts {
  const open = incidents.filter(({ severity }) => severity !== 'notice');
  const isDisturbed = open.some(({ severity }) => severity === 'page');
  const states = open.flatMap(listStates);
  const changesOf = Map.groupBy(timeline, ({ incident }) => incident);
  const known = new Set([...open.map(({ id }) => id), ...changesOf.keys()]);
  const slugs = nameIncidents([...known]);
  const described = [...known].flatMap((id) => {
    const incident = open.find((each) => each.id === id);
    const changes = changesOf.get(id) ?? [];
    return isPublic(incident, changes) ? [describeIncident(slugs.get(id) ?? '', incident, changes)] : [];
  });
  described.sort((a, b) => Number(b.isOpen) - Number(a.isOpen) || b.openedMs - a.openedMs);
  return {
    ...{ serverName, atMs, incidents: described.slice(0, mostIncidents) },
    verdict: isDisturbed ? 'Disturbed' : open.length > 0 ? 'Some things are not as they should be' : 'All is well',
    components: watched.map((name) => ({
      name,
      state: worstState(states.flatMap(([component, state]) => (component === name ? [state] : []))),
    })),
  };
}

function worstState(states: readonly ComponentState[]): ComponentState {
  return componentStates[Math.max(0, ...states.map((state) => componentStates.indexOf(state)))] ?? 'works';
}

/** The cause counts as bad as the incident: an incident does not say what its cause alone is. */
function listStates({ cause, symptoms, severity }: Incident): [ComponentName, ComponentState][] {
  const alerts = [{ key: cause, severity }, ...symptoms];
  return alerts.flatMap((alert) => (alert.severity === 'notice' ? [] : listEffects(alert.key, alert.severity)));
}

/** What was never more than a notice is not for everybody, unless somebody wrote about it by hand. */
function isPublic(incident: Incident | undefined, changes: readonly IncidentChange[]): boolean {
  if (incident || changes.some(({ kind }) => kind === 'noted')) return true;
  const wasOnlyNoticed = changes.some(({ kind, severity }) => kind === 'opened' && severity === 'notice');
  const isWorse = changes.some(({ kind }) => kind === 'worsened');
  return changes.some(({ kind }) => kind in words) && (!wasOnlyNoticed || isWorse);
}

/** An incident's own name has machines and addresses in it: the time and the rule's name stay. */
function nameIncidents(ids: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const names = ids.toSorted().map((id): [string, string] => {
    const [, stamp = '', rest = ''] = /^(\d{8}T\d{6})-(.*)$/s.exec(id) ?? [];
    const rule = [...titles.keys()].filter((name) => rest === name || rest.startsWith(`${name}-`)).toSorted()[0];
    const name = stamp === '' ? 'notes' : `${stamp}-${rule ?? 'incident'}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return [id, count === 1 ? name : `${name}-${count}`];
  });
  return new Map(names);
}

function describeIncident(
  id: string,
  incident: Incident | undefined,
  changes: readonly IncidentChange[],
): PublicIncident {
  const key = incident?.cause ?? changes.findLast(({ kind, key: about }) => about !== undefined && kind in words)?.key;
  const states = incident
    ? listStates(incident)
    : changes.flatMap((change) => {
        const { key: about, severity = 'page' } = change;
        return about === undefined || severity === 'notice' ? [] : listEffects(about, severity);
      });
  const affected = new Set(states.flatMap(([name, state]) => (state === 'works' ? [] : [name])));
  return {
    ...{ id, isOpen: incident !== undefined, affected: componentNames.filter((name) => affected.has(name)) },
    openedMs: incident?.openedMs ?? changes[0]?.atMs ?? 0,
    closedMs: changes.findLast(({ kind }) => kind === 'closed' || kind === 'merged')?.atMs,
    title: key === undefined ? 'From those who look after this server' : titleOf(key),
    entries: describeEntries(id, changes),
  };
}

function describeEntries(id: string, changes: readonly IncidentChange[]): PublicEntry[] {
  const counts = new Map<string, number>();
  const entries: PublicEntry[] = [];
  for (const { atMs, kind, key, text: typed } of changes) {
    // What a person writes by hand is written for everybody.
    const text = kind === 'noted' ? typed.slice(0, longestTextChars) : words[kind]?.(titleOf(key));
    // Five machines that are silent are one sentence.
    if (text === undefined || text === entries.at(-1)?.text) continue;
    const name = `${id}/${atMs}-${kind}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    entries.push({ id: count === 1 ? name : `${name}-${count}`, atMs, text, isNote: kind === 'noted' });
  }
  return entries.slice(-mostEntriesOfOne).toReversed();
}
