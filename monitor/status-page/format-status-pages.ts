import { formatFeed } from './format-feed.ts';
import { formatStatusPage } from './format-status-page.ts';
import type { PublicFacts } from './public-facts.ts';

/** All forms of the status page: for people, for feed readers and for programs. */
export function formatStatusPages(facts: PublicFacts): { html: string; feed: string; facts: string } {
  const iso = (atMs: number) => new Date(atMs).toISOString();
  const { serverName, verdict, components, atMs } = facts;
  const incidents = facts.incidents.map(({ id, title, affected, isOpen, openedMs, closedMs, entries }) => ({
    ...{ id, title, affected, is_open: isOpen, opened_at: iso(openedMs) },
    closed_at: closedMs === undefined ? null : iso(closedMs),
    entries: entries.map(({ atMs: at, text }) => ({ at: iso(at), text })),
  }));
  const status = { server_name: serverName, written_at: iso(atMs), verdict, components, incidents };
  return {
    html: formatStatusPage(facts),
    feed: formatFeed(facts),
    facts: `${JSON.stringify(status, null, 2)}\n`,
  };
}
