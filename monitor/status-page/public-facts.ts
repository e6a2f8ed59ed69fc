import type { Incident, IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';

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
  readonly verdict: string;
  readonly incidents: readonly {
    readonly openedMs: number;
    readonly title: string;
    readonly also: readonly string[];
  }[];
  /** The newest first. */
  readonly entries: readonly { readonly atMs: number; readonly text: string; readonly number: number }[];
}

const mostEntries = 100;
const titles = new Map(rules.map(({ name, title }) => [name, title]));

/** The title of the rule of an alert's key. */
function titleOf(key = ''): string {
  return titles.get(key.split(' ')[0] ?? '') ?? 'Something is not as it should be';
}

const words: Partial<Record<IncidentChange['kind'], (title: string) => string>> = {
  opened: (title) => title,
  explained: (title) => `The cause is known: ${title}`,
  grew: (title) => `Also: ${title}`,
  worsened: (title) => `It has become worse: ${title}`,
  eased: (title) => `It has become better: ${title}`,
  cleared: (title) => `No longer: ${title}`,
  closed: (title) => `All is well again: ${title}`,
};

export function choosePublicFacts({ serverName, atMs, incidents, timeline }: StatusFacts): PublicFacts {
  const open = incidents.filter(({ severity }) => severity !== 'notice');
  const isDisturbed = open.some(({ severity }) => severity === 'page');
  const entries = timeline.flatMap(({ atMs: at, kind, key, text }, number) => {
    // What a person writes by hand is written for everybody.
    if (kind === 'noted') return [{ atMs: at, text, number }];
    const say = words[kind];
    return say ? [{ atMs: at, text: say(titleOf(key)), number }] : [];
  });
  return {
    ...{ serverName, atMs, entries: entries.slice(-mostEntries).toReversed() },
    verdict: isDisturbed ? 'Disturbed' : open.length > 0 ? 'Some things are not as they should be' : 'All is well',
    incidents: open.map(({ openedMs, cause, symptoms }) => {
      return { openedMs, title: titleOf(cause), also: [...new Set(symptoms.map(({ key }) => titleOf(key)))] };
    }),
  };
}
