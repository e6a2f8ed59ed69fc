import type { Incident, IncidentChange } from '../decide/incident.ts';
import { escapeMarkup } from '../platform/escape-markup.ts';

export interface StatusFacts {
  readonly serverName: string;
  readonly atMs: number;
  readonly incidents: readonly Incident[];
  /** The newest last. */
  readonly timeline: readonly IncidentChange[];
}

const mostEntries = 100;
/** What was done to whom is nobody's business outside. */
const publicKinds: readonly string[] = [
  'opened',
  'explained',
  'grew',
  'worsened',
  'eased',
  'cleared',
  'closed',
  'merged',
];

export function chooseEntries({ timeline }: StatusFacts): IncidentChange[] {
  return timeline
    .filter(({ kind }) => publicKinds.includes(kind))
    .slice(-mostEntries)
    .toReversed();
}

export function formatStatusPage(facts: StatusFacts): string {
  const { serverName, incidents, atMs } = facts;
  const open = incidents.filter(({ severity }) => severity !== 'notice');
  const verdict =
    open.length === 0
      ? 'All is well'
      : open.some(({ severity }) => severity === 'page')
        ? 'Disturbed'
        : 'Some things are not as they should be';
  const list = (items: readonly string[]) =>
    items.length > 0 ? `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>` : '';
  const current = open.map(({ headline, openedMs, symptoms }) => {
    const also = list(symptoms.map(({ summary }) => escapeMarkup(summary)));
    return `${formatTime(openedMs)} ${escapeMarkup(headline)}${also}`;
  });
  const past = chooseEntries(facts).map(({ atMs: at, text, incident }) => {
    return `${formatTime(at)} ${escapeMarkup(text)} <small>${escapeMarkup(incident)}</small>`;
  });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${escapeMarkup(serverName)}: ${verdict}</title>`,
    '<link rel="alternate" type="application/atom+xml" href="feed.atom" title="Incidents">',
    '<style>body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}</style></head><body>',
    `<h1>${escapeMarkup(serverName)}: ${verdict}</h1>${list(current)}`,
    `<h2>What happened</h2>${list(past) || '<p>Nothing yet.</p>'}`,
    `<p><small>Written ${formatTime(atMs)}</small></p></body></html>`,
  ].join('\n');
}

/** https://www.rfc-editor.org/rfc/rfc4287 */
export function formatFeed(facts: StatusFacts): string {
  const { serverName, atMs } = facts;
  const name = escapeMarkup(serverName);
  const entries = chooseEntries(facts).map(({ atMs: at, incident, kind, text }) =>
    [
      `<entry><id>tag:${name},2026:${escapeMarkup(incident)}/${kind}/${at}</id>`,
      `<title>${escapeMarkup(text)}</title><updated>${new Date(at).toISOString()}</updated>`,
      `<content type="text">${escapeMarkup(`${kind}: ${text} (${incident})`)}</content></entry>`,
    ].join(''),
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:${name},2026:incidents</id><title>${name}</title>`,
    `<author><name>${name}</name></author><updated>${new Date(atMs).toISOString()}</updated>`,
    ...entries,
    '</feed>',
  ].join('\n');
}

function formatTime(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
