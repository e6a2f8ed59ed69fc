import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { launchTestDatabase } from '@holdfast/homeserver/testing/start-test-database.ts';

const startDeadlineMs = 60_000;
const pollMs = 20;

/**
 * The database of the server with this data folder: the one that it had before, or a new one, copied from a migrated
 * template on the PostgreSQL of the run. That PostgreSQL is the one of HOLDFAST_TEST_DATABASE_URL, or is started in
 * `runFolder` by the first server that needs it; it ends with the run's process namespace, or when the folder goes.
 */
export async function findDatabase(dataDir: string, runFolder: string, givenUrl?: string): Promise<string> {
  const note = join(dataDir, 'database-url');
  const known = await readText(note);
  if (known !== undefined) return known;
  const { url } = await createTestDatabase({ serverUrl: givenUrl ?? (await findServer(runFolder)) });
  await writeWhole(note, url);
  return url;
}

async function findServer(runFolder: string): Promise<string> {
  const folder = join(runFolder, 'holdfast-complement');
  const note = join(folder, 'server-url');
  // Making the folder is the lock: one server makes it, and starts PostgreSQL.
  if (await isMade(folder)) await writeWhole(note, (await launchTestDatabase(folder)).url);
  for (const untilMs = performance.now() + startDeadlineMs; performance.now() < untilMs; await delay(pollMs)) {
    const url = await readText(note);
    if (url !== undefined) return url;
  }
  throw new Error(`another server of the run began to start PostgreSQL in ${folder}, and did not finish`);
}

async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** So that nobody reads half of it. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.partial`, text, { mode: 0o600 });
  await rename(`${file}.partial`, file);
}
