import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../platform/write-file-atomically.ts';
import { formatStatusPages } from './format-status-pages.ts';
import type { PublicFacts } from './public-facts.ts';

/** Writes the folder that any web host can carry: each file is the old one or the new one at any time. */
export async function writeStatusFolder(folder: string, facts: PublicFacts): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pages = formatStatusPages(facts);
  await writeFileAtomically(join(folder, 'feed.atom'), pages.feed);
  await writeFileAtomically(join(folder, 'status.json'), pages.facts);
  await writeFileAtomically(join(folder, 'index.html'), pages.html);
}
