import { type ChildProcess, spawn } from 'node:child_process';
import type { PostgresUser } from './choose-postgres-user.ts';

/** An initdb, or a look at the version, that takes longer than this hangs. */
const programDeadlineMs = 120_000;
const outputLimitChars = 16_000;

/**
 * The environment of every PostgreSQL program: no variable of ours (PGDATA, PGOPTIONS, LD_PRELOAD, ...) may change what
 * it does, and its messages are English.
 */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** Runs a PostgreSQL program to its end. Gives what it printed; throws with that when it failed. */
export async function runPostgresProgram(
  file: string,
  args: readonly string[],
  user: PostgresUser | undefined,
): Promise<string> {
  const child = spawn(file, args, {
    ...(user && { uid: user.uid, gid: user.gid }),
    cwd: '/',
    env: postgresEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: programDeadlineMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const collect = (chunk: string) => {
    output = (output + chunk).slice(-outputLimitChars);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const failure = await waitForEnd(child);
  if (failure) throw new Error(`${file} ${failure}${output ? `: ${output.trim()}` : ''}`);
  return output;
}

function waitForEnd(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`cannot be run (${error.message})`));
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : signal ? `was ended by ${signal}` : `failed with exit code ${code}`);
    });
  });
}
