import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';

export interface FuzzedServer {
  readonly port: number;
  readonly databaseUrl: string;
  /** True while the process that was started first still runs. */
  isAlive(): boolean;
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

const program = new URL('../../homeserver/holdfast.js', import.meta.url).pathname;

/** A homeserver in a process of its own, over a fresh database: open registration, no rate limits. */
export async function startFuzzedServer(): Promise<FuzzedServer> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-fuzz-'));
  const port = await findFreePort();
  const child = spawn(process.execPath, [program, 'start'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      HOLDFAST_DATA_DIR: dataDir,
      HOLDFAST_SERVER_NAME: 'fuzz.example',
      HOLDFAST_DATABASE_URL: database.url,
      HOLDFAST_HTTP_PORT: String(port),
      HOLDFAST_HTTP_BIND: '127.0.0.1',
      HOLDFAST_REGISTRATION_MODE: 'open',
      HOLDFAST_RATE_LIMITS_ENABLED: 'false',
      HOLDFAST_LOG_LEVEL: 'error',
    },
  });
  await waitUntilUp(child, port);
  return {
    port,
    databaseUrl: database.url,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    residentBytes: () => residentBytes(child.pid ?? 0),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function waitUntilUp(child: ChildProcess, port: number): Promise<void> {
  const until = performance.now() + 30_000;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error('the server ended at its start');
    const up = await fetch(`http://127.0.0.1:${port}/_matrix/client/versions`).then(
      (reply) => reply.ok,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server did not come up');
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
