import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Observations } from '../observations/observations.ts';
import { listWatched } from '../status-page/components.ts';
import { formatStatusPages } from '../status-page/format-status-pages.ts';
import { choosePublicFacts, type PublicFacts } from '../status-page/public-facts.ts';
import { writeStatusFolder } from '../status-page/write-status-folder.ts';
import type { MonitorState } from '../storage/monitor-state.ts';
import type { MonitorSql } from '../storage/open-monitor-database.ts';
import { writeStatusPages } from '../storage/status-page.ts';

export interface StatusParts {
  readonly sql: MonitorSql;
  /** Of this monitor among several. */
  readonly ownName: string;
  /** Into which the page is written for any web host; undefined where none was named. */
  readonly folder: string | undefined;
}

const storeTimeoutMs = 3_000;

/** What everybody may know of what the monitor knows, and of what it looks at. */
export function describeStatus(
  serverName: string,
  { decision, timeline }: Pick<MonitorState, 'decision' | 'timeline'>,
  observations: Observations,
): PublicFacts {
  const { atMs } = observations;
  return choosePublicFacts({
    ...{ serverName, atMs, incidents: decision.incidents, timeline, watched: listWatched(observations) },
  });
}

/**
 * Writes the status page into the folder, where one is set, and into the database, where the homeserver reads it. One that
 * fails keeps the other from nothing.
 */
export async function publishStatus({ sql, ownName, folder }: StatusParts, facts: PublicFacts): Promise<void> {
  const stored = writeStatusPages(sql, ownName, formatStatusPages(facts));
  const outcomes = await Promise.allSettled([
    folder && writeStatusFolder(folder, facts),
    withDeadline(stored, storeTimeoutMs, 'storing the status page'),
  ]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
