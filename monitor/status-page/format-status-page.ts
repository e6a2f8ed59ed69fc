import { escapeMarkup } from '../platform/escape-markup.ts';
import type { PublicFacts } from './public-facts.ts';

export function formatStatusPage({ serverName, verdict, incidents, entries, atMs }: PublicFacts): string {
  const current = incidents.map(({ openedMs, title, also }) => {
    return `${formatTime(openedMs)} ${escapeMarkup(title)}${formatList(also.map(escapeMarkup))}`;
  });
  const past = entries.map(({ atMs: at, text }) => `${formatTime(at)} ${escapeMarkup(text)}`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${escapeMarkup(serverName)}: ${verdict}</title>`,
    '<link rel="alternate" type="application/atom+xml" href="feed.atom" title="Incidents">',
    '<style>body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}</style></head><body>',
    `<h1>${escapeMarkup(serverName)}: ${verdict}</h1>${formatList(current)}`,
    `<h2>What happened</h2>${formatList(past) || '<p>Nothing yet.</p>'}`,
    `<p><small>Written ${formatTime(atMs)}</small></p></body></html>`,
  ].join('\n');
}

/** https://www.rfc-editor.org/rfc/rfc4287 */
export function formatFeed({ serverName, entries, atMs }: PublicFacts): string {
  const name = escapeMarkup(serverName);
  const formatted = entries.map(({ atMs: at, text, number }) =>
    [
      `<entry><id>tag:${name},2026:incidents/${at}/${number}</id>`,
      `<title>${escapeMarkup(text)}</title><updated>${new Date(at).toISOString()}</updated>`,
      `<content type="text">${escapeMarkup(text)}</content></entry>`,
    ].join(''),
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:${name},2026:incidents</id><title>${name}</title>`,
    `<author><name>${name}</name></author><updated>${new Date(atMs).toISOString()}</updated>`,
    ...formatted,
    '</feed>',
  ].join('\n');
}

function formatList(items: readonly string[]): string {
  return items.length > 0 ? `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>` : '';
}

function formatTime(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
