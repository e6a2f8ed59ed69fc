import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../platform/write-file-atomically.ts';
import { formatFeed, formatStatusPage } from './format-status-page.ts';
import { choosePublicFacts, type StatusFacts } from './public-facts.ts';

/** Writes the folder that any web host can carry: each file is the old one or the new one at any time. */
export async function writeStatusFolder(folder: string, facts: StatusFacts): Promise<void> {
  await mkdir(folder, { recursive: true });
  const shown = choosePublicFacts(facts);
  const incidents = shown.incidents.map(({ openedMs, ...rest }) => {
    return { opened_at: new Date(openedMs).toISOString(), ...rest };
  });
  const written = new Date(facts.atMs).toISOString();
  const status = { server_name: facts.serverName, written_at: written, verdict: shown.verdict, incidents };
  await writeFileAtomically(join(folder, 'feed.atom'), formatFeed(shown));
  await writeFileAtomically(join(folder, 'status.json'), `${JSON.stringify(status, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'index.html'), formatStatusPage(shown));
}
