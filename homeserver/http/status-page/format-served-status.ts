import type { PublicStatus } from '../../administration/overview/read-public-status.ts';

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** The monitor's page with what this process knows of its age; one of its own where there is none. Pure. */
export function formatServedStatus({ page, isDatabaseAway }: PublicStatus, serverName: string): string {
  if (!page) return formatUnknown(serverName, isDatabaseAway);
  return page.html.replace('<!-- age -->', () => describeAge(page, isDatabaseAway));
}

function describeAge(
  { savedMs, watches }: NonNullable<PublicStatus['page']>,
  isDatabaseAway: PublicStatus['isDatabaseAway'],
): string {
  const time = `<time datetime="${new Date(savedMs).toISOString()}">${formatTime(savedMs)}</time>`;
  if (isDatabaseAway) {
    return `<p class="bad"><strong>The server does not reach its database now. This is how it was ${time}.</strong></p>`;
  }
  if (!watches) return `<p class="warn"><strong>Nobody has looked at the server since ${time}.</strong></p>`;
  return `<p>It was so ${time}.</p>`;
}

function formatUnknown(serverName: string, isDatabaseAway: boolean): string {
  const name = serverName.replace(/[&<>"]/g, (sign) => names[sign] ?? '');
  const text = isDatabaseAway
    ? 'The server does not reach its database now.'
    : 'Nothing is known yet: no monitor has looked at this server.';
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    '<style>body{background:Canvas;color:CanvasText;font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:46rem;padding:0 1rem}</style>',
    `<title>Status of ${name}</title></head><body><main><h1>Status of ${name}</h1><p>${text}</p></main></body></html>\n`,
  ].join('\n');
}

function formatTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
