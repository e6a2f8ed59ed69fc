import { escapeMarkup } from '../platform/escape-markup.ts';
import { pagePolicy, pageStyle } from '../platform/page-style.ts';
import type { ComponentState } from './components.ts';
import type { PublicEntry, PublicFacts, PublicIncident } from './public-facts.ts';

const classOfVerdict: Readonly<Record<PublicFacts['verdict'], string>> = {
  'All is well': 'well',
  'Some things are not as they should be': 'warn',
  Disturbed: 'bad',
};
const classOfState: Readonly<Record<ComponentState, string>> = {
  Works: 'well',
  'May be slow or incomplete': 'warn',
  'Does not work as it should': 'bad',
};

/**
 * The page that any web host can carry, whole in itself. Whoever serves it from elsewhere puts what it knows of its age in
 * place of the comment `<!-- age -->`.
 */
export function formatStatusPage({ serverName, verdict, components, incidents, atMs }: PublicFacts): string {
  const name = escapeMarkup(serverName);
  const open = incidents.filter(({ isOpen }) => isOpen);
  const past = incidents.filter(({ isOpen }) => !isOpen);
  const parts = components.map(({ name: component, state }) => {
    return `<li><span>${component}</span><strong class="${classOfState[state]}">${state}</strong></li>`;
  });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(pagePolicy("'none'"))}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${name}: ${verdict}</title>`,
    '<link rel="alternate" type="application/atom+xml" href="feed.atom" title="Incidents">',
    `<style>${pageStyle}</style></head><body><header><h1>Status of ${name}</h1>`,
    `<p class="verdict ${classOfVerdict[verdict]}">${verdict}</p><!-- age --></header><main>`,
    `<ul class="components" aria-label="What works">${parts.join('')}</ul>`,
    open.length > 0 ? `<h2>Now</h2>${open.map(formatIncident).join('')}` : '',
    `<h2>What happened</h2>${past.map(formatIncident).join('') || '<p>Nothing that is over is known.</p>'}`,
    `</main><footer><p>Written ${formatTime(atMs)}. <a href="feed.atom">Follow it by feed</a></p>`,
    '</footer></body></html>\n',
  ].join('\n');
}

function formatIncident({ title, openedMs, closedMs, also, entries }: PublicIncident): string {
  const span = closedMs === undefined ? '' : `, over ${formatTime(closedMs)}`;
  const rest = also.length > 0 ? `<p>Also: ${also.map(escapeMarkup).join('; ')}</p>` : '';
  const list = entries.map(({ atMs, text, isNote }) => {
    const said = isNote ? `<span class="note">${escapeMarkup(text)}</span>` : escapeMarkup(text);
    return `<li>${formatTime(atMs)} ${said}</li>`;
  });
  return `<article><h3>${escapeMarkup(title)}</h3><p>Since ${formatTime(openedMs)}${span}</p>${rest}<ul>${list.join('')}</ul></article>`;
}

/** https://www.rfc-editor.org/rfc/rfc4287: an entry for each thing that was written, the newest first. */
export function formatFeed({ serverName, incidents, atMs }: PublicFacts): string {
  const name = escapeMarkup(serverName);
  const entries = incidents.flatMap(({ id, title, entries: own }) => {
    return own.map((entry, index) => ({ ...entry, id: `${id}/${entry.atMs}/${own.length - index}`, title }));
  });
  entries.sort((one, other) => other.atMs - one.atMs);
  const formatted = entries.slice(0, mostFeedEntries).map((entry) => formatEntry(name, entry));
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:${name},2026:incidents</id><title>Status of ${name}</title>`,
    '<link rel="self" type="application/atom+xml" href="feed.atom"/><link rel="alternate" type="text/html" href="./"/>',
    `<author><name>${name}</name></author><updated>${new Date(entries[0]?.atMs ?? atMs).toISOString()}</updated>`,
    ...formatted,
    '</feed>\n',
  ].join('\n');
}

const mostFeedEntries = 100;

function formatEntry(name: string, { atMs, text, id, title }: PublicEntry & { id: string; title: string }): string {
  return [
    `<entry><id>tag:${name},2026:incidents/${escapeMarkup(id)}</id>`,
    `<title>${escapeMarkup(text)}</title><updated>${new Date(atMs).toISOString()}</updated>`,
    `<content type="text">${escapeMarkup(`${title}: ${text}`)}</content></entry>`,
  ].join('');
}

function formatTime(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
