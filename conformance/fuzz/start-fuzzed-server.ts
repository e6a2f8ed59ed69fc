import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';

export interface FuzzedServer {
  readonly port: number;
  /** Of the listener for clients. */
  readonly url: string;
  readonly serverName: string;
  readonly registrationSecret: string;
  readonly databaseUrl: string;
  /** Where registration files of application services are read. */
  readonly registrationFolder: string;
  /** True while the process that was started first still runs. */
  isAlive(): boolean;
  residentBytes(): Promise<number>;
  /** What was wrong with its end, if anything was. */
  stop(): Promise<string | undefined>;
}

const startDeadlineMs = 120_000;
const program = new URL('../../homeserver/holdfast.js', import.meta.url).pathname;

/** Paths of PEM files. */
export interface FuzzedServerTls {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
}

const registrationSecret = 'secret of the fuzzed server';

/**
 * A homeserver in a process of its own, over a fresh database: open registration, no rate limits. With `tls` it is named
 * by its port for other servers, and servers on loopback may be asked.
 */
export async function startFuzzedServer(tls?: FuzzedServerTls, logLevel = 'error'): Promise<FuzzedServer> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-fuzz-'));
  const registrationFolder = join(dataDir, 'appservices');
  await mkdir(registrationFolder);
  const [port, tlsPort] = [await findFreePort(), await findFreePort()];
  const serverName = tls ? `localhost:${tlsPort}` : 'fuzz.example';
  const child = spawn(process.execPath, [program, 'start'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      HOLDFAST_DATA_DIR: dataDir,
      HOLDFAST_SERVER_NAME: serverName,
      HOLDFAST_REGISTRATION_SHARED_SECRET: registrationSecret,
      ...(tls && federationSettings(tls, tlsPort)),
      HOLDFAST_DATABASE_URL: database.url,
      HOLDFAST_HTTP_PORT: String(port),
      HOLDFAST_HTTP_BIND: '127.0.0.1',
      HOLDFAST_REGISTRATION_MODE: 'open',
      HOLDFAST_RATE_LIMITS_ENABLED: 'false',
      HOLDFAST_LOG_LEVEL: logLevel,
    },
  });
  await waitUntilUp(child, port);
  return {
    ...{ port, url: `http://127.0.0.1:${port}`, serverName, registrationSecret },
    ...{ databaseUrl: database.url, registrationFolder },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    residentBytes: () => residentBytes(child.pid ?? 0),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
      return child.exitCode === 0 ? undefined : `the server ended with ${child.exitCode ?? child.signalCode}`;
    },
  };
}

function federationSettings(tls: FuzzedServerTls, tlsPort: number): Record<string, string> {
  return {
    HOLDFAST_TLS_PORT: String(tlsPort),
    HOLDFAST_TLS_BIND: '127.0.0.1',
    HOLDFAST_TLS_CERTIFICATE: tls.certificate,
    HOLDFAST_TLS_KEY: tls.key,
    HOLDFAST_FEDERATION_CA_FILE: tls.authorities,
    HOLDFAST_FEDERATION_PRIVATE_ADDRESSES: '127.0.0.0/8,::1/128',
    HOLDFAST_FEDERATION_KEY_SERVERS: '',
  };
}

async function waitUntilUp(child: ChildProcess, port: number): Promise<void> {
  const until = performance.now() + startDeadlineMs;
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

export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
