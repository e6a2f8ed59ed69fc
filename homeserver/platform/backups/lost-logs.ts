import { readFile, rm } from 'node:fs/promises';
import { lostLogsFile } from './archive-programs.ts';

/** Names of the logs that were given up and that no base backup has made up for yet. */
export async function readLostLogs(home: string): Promise<string[]> {
  const text = await readFile(lostLogsFile(home), 'utf8').catch(() => '');
  return text.split('\n').filter((name) => name !== '');
}

/** Forgets them once a base backup was begun after they were read; if more have come meanwhile, all stay. */
export async function forgetLostLogs(home: string, lost: readonly string[]): Promise<void> {
  if (lost.length > 0 && (await readLostLogs(home)).length === lost.length)
    await rm(lostLogsFile(home), { force: true });
}
