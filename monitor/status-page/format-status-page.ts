import { formatDuration } from '../decide/format-figures.ts';
import { escapeMarkup } from '../platform/escape-markup.ts';
import { pagePolicy, pageStyle } from '../platform/page-style.ts';
import { type ComponentName, type ComponentState, components } from './components.ts';
import type { PublicFacts, PublicIncident } from './public-facts.ts';

const classOfVerdict: Readonly<Record<PublicFacts['verdict'], string>> = {
  'All is well': 'well',
  'Some things are not as they should be': 'warn',
  Disturbed: 'bad',
};
/** Said in words: colours are not for everybody. */
const stateWords: Readonly<Record<ComponentState, readonly [className: string, text: string]>> = {
  works: ['well', 'Works'],
  unknown: ['warn', 'Not known'],
  disturbed: ['warn', 'Partly disturbed'],
  down: ['bad', 'Does not work'],
};

/**
 * The page that any web host can carry, whole in itself. Whoever serves it from elsewhere puts what it knows of its age in
 * place of the comment `<!-- age -->`.
 */
export function formatStatusPage({ serverName, verdict, components: shown, incidents, atMs }: PublicFacts): string {
  const name = escapeMarkup(serverName);
  const parts = shown.map(formatComponent);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${pagePolicy("'none'")}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${name}: ${verdict}</title>`,
    '<link rel="alternate" type="application/atom+xml" href="feed.atom" title="Incidents">',
    `<style>${pageStyle}</style></head><body><header><h1>Status of ${name}</h1>`,
    `<p class="verdict ${classOfVerdict[verdict]}">${verdict}</p><!-- age --></header><main>`,
    parts.length === 0 ? '' : `<ul class="components" aria-label="What works">\n${parts.join('\n')}\n</ul>`,
    '<h2>What happened</h2>',
    incidents.map(formatIncident).join('\n') || '<p>Nothing is known.</p>',
    `</main><footer><p>Written ${formatTime(atMs)}, and again every minute: what is older tells of then.`,
    ' <a href="feed.atom">Follow it by feed</a></p></footer></body></html>\n',
  ].join('\n');
}

function formatComponent({ name, state }: { readonly name: ComponentName; readonly state: ComponentState }): string {
  const { title, about } = components[name];
  const [className, text] = stateWords[state];
  const described = `<span>${title}<br><span class="muted">${about}</span></span>`;
  return `<li>${described}<strong class="${className}">${text}</strong></li>`;
}

function formatIncident({ title, affected, entries, ...incident }: PublicIncident): string {
  const about = affected.map((name) => components[name].title).join(', ');
  const items = entries.map(({ atMs, text, isNote }) => {
    const said = isNote ? `<span class="note">${escapeMarkup(text)}</span>` : escapeMarkup(text);
    return `<li>${formatTime(atMs)} ${said}</li>`;
  });
  return [
    `<article><h3>${escapeMarkup(title)}</h3><p>${formatSpan(incident)}</p>`,
    about === '' ? '' : `<p>About: ${about}</p>`,
    items.length === 0 ? '</article>' : `<ul>${items.join('')}</ul></article>`,
  ].join('');
}

function formatSpan({ isOpen, openedMs, closedMs }: Pick<PublicIncident, 'isOpen' | 'openedMs' | 'closedMs'>): string {
  if (isOpen) return `<strong class="warn">Going on</strong> since ${formatTime(openedMs)}`;
  if (closedMs === undefined) return formatTime(openedMs);
  const duration = formatDuration(closedMs - openedMs);
  return `<strong class="well">Over</strong> after ${duration}; it began ${formatTime(openedMs)}`;
}

function formatTime(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
