import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

const program = join(import.meta.dirname, '../../homeserver/holdfast.js');

export interface RunningHoldfast {
  /** The one address that it printed. */
  readonly address: string;
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `holdfast start` as a person starts it, with nothing configured but a free port, the data folder, a quiet log and what `environment` says. */
export async function startHoldfast(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningHoldfast> {
  const child = spawn(process.execPath, [program, 'start', '--data-dir', dataDir], {
    env: { PATH: process.env['PATH'], HOLDFAST_HTTP_PORT: '0', HOLDFAST_LOG_LEVEL: 'error', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    const address = line.startsWith('{') ? undefined : /https?:\S+/.exec(line)?.[0];
    if (address === undefined) continue;
    // Errors, if there are any, explain a test that fails.
    child.stdout.pipe(process.stderr);
    return { address, url: new URL(address).origin, stop: () => stop(child) };
  }
  throw new Error(`holdfast ended:\n${lines.join('\n')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGINT');
  await once(child, 'exit');
}
