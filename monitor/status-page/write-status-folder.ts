import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../platform/write-file-atomically.ts';
import { formatFeed, formatStatusPage, type StatusFacts } from './format-status-page.ts';

/** Writes the folder that any web host can carry: each file is the old one or the new one at any time. */
export async function writeStatusFolder(folder: string, facts: StatusFacts): Promise<void> {
  await mkdir(folder, { recursive: true });
  const incidents = facts.incidents.map(({ id, openedMs, severity, headline, symptoms }) => {
    return {
      id,
      opened_at: new Date(openedMs).toISOString(),
      severity,
      headline,
      symptoms: symptoms.map(({ summary }) => summary),
    };
  });
  const status = { server_name: facts.serverName, written_at: new Date(facts.atMs).toISOString(), incidents };
  await writeFileAtomically(join(folder, 'feed.atom'), formatFeed(facts));
  await writeFileAtomically(join(folder, 'status.json'), `${JSON.stringify(status, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'index.html'), formatStatusPage(facts));
}
