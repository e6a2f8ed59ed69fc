import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A homeserver that can be started for a measurement. */
export interface Peer {
  readonly name: string;
  /** Starts over the given data, which may be fresh or from an earlier start with the same options. */
  start(options: PeerOptions): Promise<RunningServer>;
}

export interface PeerOptions {
  /** An existing database of its own, made with the C collation. */
  readonly databaseUrl: string;
  /** A folder of its own for keys, media and logs, kept between starts. */
  readonly dataFolder: string;
  readonly serverName: string;
}

export interface RunningServer {
  readonly baseUrl: string;
  readonly pid: number;
  readonly databaseUrl: string;
  readonly registrationSecret: string | undefined;
  /** What runs, such as `Synapse 1.163.2`. */
  readonly version: string;
  /** From starting the process until it answered. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** A port on loopback that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

const startTimeoutMs = 60_000;
const askEveryMs = 5;

/** Waits until the server answers a request at all; rejects when its process ends first. */
export async function waitUntilAnswering(url: string, child: ChildProcess, readLog: () => string): Promise<void> {
  const deadlineMs = performance.now() + startTimeoutMs;
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended:\n${readLog()}`);
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await reply.arrayBuffer();
      if (reply.status === 200) return;
    } catch {
      // Not listening yet.
    }
    await delay(askEveryMs);
  }
  throw new Error(`the server did not answer within ${startTimeoutMs} ms:\n${readLog()}`);
}

const stopTimeoutMs = 20_000;

/** Ends a process with a signal, and with SIGKILL when that does not help. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const killTimer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(killTimer);
}
