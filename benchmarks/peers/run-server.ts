import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from './peer.ts';
import { stopOnInterrupt } from './stop-on-interrupt.ts';

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs and where its output goes, into `output.log`. */
  readonly folder: string;
  readonly port: number;
}

/** Below those that Linux gives to connections that go out: one of these is not taken before the server listens. */
const [lowestPort, abovePorts, portAttempts] = [15_000, 32_000, 50];

/** A port on loopback that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < portAttempts; attempt++) {
    const port = randomInt(lowestPort, abovePorts);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}

/** Starts a server process and waits until it answers /versions. Throws with its output when it ends instead. */
export async function runServer(
  command: ServerCommand,
): Promise<Pick<RunningServer, 'baseUrl' | 'pid' | 'startMs' | 'stop'>> {
  mkdirSync(command.folder, { recursive: true });
  const logPath = join(command.folder, 'output.log');
  const log = openSync(logPath, 'a');
  const startedMs = performance.now();
  const child = spawn(command.program, command.args, {
    cwd: command.folder,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...command.env },
  });
  const stop = stopOnInterrupt(() => endProcess(child));
  const baseUrl = `http://127.0.0.1:${command.port}`;
  try {
    await waitUntilAnswering(`${baseUrl}/_matrix/client/versions`, child, () => readFileSync(logPath, 'utf8'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { baseUrl, pid: child.pid as number, startMs: performance.now() - startedMs, stop };
}

const startTimeoutMs = 60_000;
const askEveryMs = 5;
const shownLogCharacters = 4_000;

async function waitUntilAnswering(url: string, child: ChildProcess, readLog: () => string): Promise<void> {
  const deadlineMs = performance.now() + startTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (hasEnded(child)) throw new Error(`the server ended:\n${readLog().slice(-shownLogCharacters)}`);
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await reply.arrayBuffer();
      if (reply.status === 200) return;
    } catch {
      // Not listening yet.
    }
    await delay(askEveryMs);
  }
  throw new Error(`the server did not answer within ${startTimeoutMs} ms:\n${readLog().slice(-shownLogCharacters)}`);
}

const stopTimeoutMs = 20_000;

/** Ends a process with SIGTERM, and with SIGKILL when that does not help. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const killTimer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(killTimer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
