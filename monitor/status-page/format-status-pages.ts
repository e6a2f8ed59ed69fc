import { formatFeed, formatStatusPage } from './format-status-page.ts';
import type { PublicFacts } from './public-facts.ts';

/** All forms of the status page: for people, for feed readers and for programs. */
export function formatStatusPages(facts: PublicFacts): { html: string; feed: string; facts: string } {
  const iso = (atMs: number) => new Date(atMs).toISOString();
  const incidents = facts.incidents
    .filter(({ isOpen }) => isOpen)
    .map(({ id, openedMs, title, also }) => ({ id, opened_at: iso(openedMs), title, also }));
  const { serverName, verdict, components, atMs } = facts;
  const status = { server_name: serverName, written_at: iso(atMs), verdict, components, incidents };
  return {
    html: formatStatusPage(facts),
    feed: formatFeed(facts),
    facts: `${JSON.stringify(status, null, 2)}\n`,
  };
}
