import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import { formatStatusPages } from '../status-page/format-status-pages.ts';
import { choosePublicFacts, type PublicFacts } from '../status-page/public-facts.ts';
import { writeStatusFolder } from '../status-page/write-status-folder.ts';
import type { MonitorState } from '../storage/monitor-state.ts';
import type { MonitorSql } from '../storage/open-monitor-database.ts';
import { writeStatusPages } from '../storage/status-page.ts';

const storeTimeoutMs = 3_000;

/**
 * Makes what publishes the status page: into a folder, where one is set, at every call, so that its time shows that it is
 * kept; and into the database, where the homeserver reads it, at each change. One that fails keeps the other from nothing.
 */
export function openStatusPublisher(
  settings: Pick<MonitorSettings, 'server_name' | 'status_folder'>,
  sql: MonitorSql,
  ownName: string,
): (state: Pick<MonitorState, 'decision' | 'timeline'>, atMs: number) => Promise<void> {
  let stored: string | undefined;
  const store = async (facts: PublicFacts) => {
    const { atMs: _, ...content } = facts;
    const key = JSON.stringify(content);
    if (key === stored) return;
    const written = writeStatusPages(sql, ownName, formatStatusPages(facts));
    await withDeadline(written, storeTimeoutMs, 'storing the status page');
    stored = key;
  };
  return async ({ decision, timeline }, atMs) => {
    const { server_name: serverName, status_folder: folder } = settings;
    const facts = choosePublicFacts({ serverName, atMs, incidents: decision.incidents, timeline });
    const outcomes = await Promise.allSettled([folder && writeStatusFolder(folder, facts), store(facts)]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  };
}
