import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { choosePostgresUser } from '@holdfast/homeserver/platform/embedded-postgres/choose-postgres-user.ts';
import { formatSuperuserUrl } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { initializeCluster } from '@holdfast/homeserver/platform/embedded-postgres/initialize-cluster.ts';
import { chooseFreePort, launchPostmaster } from '@holdfast/homeserver/platform/embedded-postgres/launch-postmaster.ts';
import { endPostmaster, type Postmaster } from '@holdfast/homeserver/platform/embedded-postgres/postmaster.ts';
import { preparePostgresBinaries } from '@holdfast/homeserver/platform/embedded-postgres/prepare-postgres-binaries.ts';
import postgres from 'postgres';
import { stopOnInterrupt } from './stop-on-interrupt.ts';

const stopSignals: Parameters<typeof endPostmaster>[2] = [
  ['SIGINT', 20_000],
  ['SIGQUIT', 20_000],
];

/** The PostgreSQL that all measured servers use, each with a database of its own. */
export interface BenchPostgres {
  readonly version: string;
  /** Makes an empty database (dropping one of that name) and returns its url. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Uses the PostgreSQL of the url (a superuser's), or starts the one that comes with Holdfast, with Holdfast's own
 * settings and every commit flushed, in a temporary folder that goes away with it.
 */
export async function startPostgres(givenUrl: string | undefined): Promise<BenchPostgres> {
  if (givenUrl !== undefined) return overPostgres(givenUrl, async () => {});
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-postgres-'));
  const stopping = new AbortController();
  let launching: Promise<Postmaster> | undefined;
  const stop = stopOnInterrupt(async () => {
    stopping.abort();
    const postmaster = await launching?.catch(() => undefined);
    if (postmaster !== undefined) await endPostmaster(postmaster, systemClock, stopSignals);
    await rm(folder, { recursive: true, force: true });
  });
  try {
    // As root, PostgreSQL's user has to pass through the folder, which is its maker's alone.
    chmodSync(folder, 0o711);
    const home = join(folder, 'pg');
    const user = choosePostgresUser(home);
    const binaries = await preparePostgresBinaries(user, folder);
    const cluster = await initializeCluster({ home, binaries, user, durable: true });
    const port = await chooseFreePort(undefined);
    launching = launchPostmaster({
      cluster,
      program: binaries.postgres,
      version: binaries.version,
      port,
      durable: true,
      maxConnections: 100,
      clock: systemClock,
      signal: stopping.signal,
    });
    await launching;
    return await overPostgres(formatSuperuserUrl(cluster.credentials, port), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function overPostgres(url: string, stopServer: () => Promise<void>): Promise<BenchPostgres> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const [row] = await sql`SHOW server_version`;
  const dropDatabase = async (name: string) => {
    await sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`;
  };
  return {
    version: `PostgreSQL ${row?.['server_version']}`,
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
