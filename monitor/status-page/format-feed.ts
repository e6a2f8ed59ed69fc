import { escapeMarkup } from '../platform/escape-markup.ts';
import { components } from './components.ts';
import type { PublicFacts } from './public-facts.ts';

const mostEntries = 100;
const longestTitleChars = 120;

/** https://www.rfc-editor.org/rfc/rfc4287: an entry for each thing that happened, the newest first, with an id that stays. */
export function formatFeed({ serverName, incidents, atMs }: PublicFacts): string {
  const name = escape(serverName);
  const entries = incidents
    .flatMap(({ entries: own, title, affected }) => own.map((entry) => ({ ...entry, incident: title, affected })))
    .toSorted((one, other) => other.atMs - one.atMs)
    .slice(0, mostEntries);
  const formatted = entries.map(({ id, atMs: at, text, incident, affected }) => {
    const about = affected.map((each) => components[each].title).join(', ');
    const title = text.startsWith(incident) ? text : `${incident}: ${text}`;
    return [
      `<entry><id>tag:${name},2026:incidents/${escape(id)}</id>`,
      `<title>${escape(title.slice(0, longestTitleChars))}</title><updated>${new Date(at).toISOString()}</updated>`,
      `<content type="text">${escape(about === '' ? text : `${text}\nAbout: ${about}`)}</content></entry>`,
    ].join('');
  });
  // What has not changed reads the same.
  const updatedMs = entries[0]?.atMs ?? atMs;
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:${name},2026:incidents</id><title>Status of ${name}</title>`,
    '<link rel="self" type="application/atom+xml" href="feed.atom"/><link rel="alternate" type="text/html" href="./"/>',
    `<author><name>${name}</name></author><updated>${new Date(updatedMs).toISOString()}</updated>`,
    ...formatted,
    '</feed>\n',
  ].join('\n');
}

/** Without the characters that XML has no way to write. */
function escape(text: string): string {
  return escapeMarkup(text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, ''));
}
