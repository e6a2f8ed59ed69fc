import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { spawnProgram } from './spawn-program.ts';

const programFile = fileURLToPath(new URL('postgres-program.ts', import.meta.url));
const startTimeoutMs = 120_000;

export interface DrillPostgres {
  readonly url: string;
  /** kill -9 of the postmaster; whoever supervises it starts it again. */
  killPostmaster(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real PostgreSQL, supervised by a process of its own, which `spawn` starts. */
export async function startDrillPostgres(
  folder: string,
  logFile = join(folder, 'postgres.log'),
  spawn: typeof spawnProgram = spawnProgram,
): Promise<DrillPostgres> {
  const program = spawn([programFile, folder], { logFile });
  const [line] = await program.waitForLine(/^\{"url":.*\}$/, startTimeoutMs);
  const { url, dataFolder } = JSON.parse(line) as { url: string; dataFolder: string };
  return {
    url,
    async killPostmaster() {
      const pid = Number((await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
      if (!Number.isSafeInteger(pid) || pid <= 1) throw new Error('PostgreSQL does not say which process it is');
      process.kill(pid, 'SIGKILL');
    },
    async stop() {
      program.signal('SIGTERM');
      await program.ended;
    },
  };
}
