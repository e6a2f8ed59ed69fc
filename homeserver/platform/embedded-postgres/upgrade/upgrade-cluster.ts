import { readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import type postgres from 'postgres';
import {
  databaseName,
  ensureRoleAndDatabase,
  formatClusterUrl,
  formatSuperuserUrl,
  withConnection,
} from '../cluster-connection.ts';
import { type Cluster, makeDataFolder } from '../initialize-cluster.ts';
import { chooseFreePort, type LaunchOptions, launchPostmaster } from '../launch-postmaster.ts';
import { endPostmaster } from '../postmaster.ts';
import type { PostgresBinaries } from '../prepare-postgres-binaries.ts';
import { type CopiedDatabase, copyDatabase } from './copy-database.ts';
import { findForeignObjects, findForeignParts } from './describe-database.ts';
import type { FoundProgram } from './find-postgres-programs.ts';

export interface UpgradeRequest {
  /** As it is now. */
  readonly cluster: Cluster;
  readonly oldProgram: FoundProgram;
  readonly binaries: PostgresBinaries;
  /** A fresh folder for the new one: whatever is there is deleted. */
  readonly into: string;
  readonly archiveCommand: string;
  /** Called while the old one runs, before anything is copied: makes a base backup, or throws. */
  backUp(superuserUrl: string): Promise<void>;
  readonly reserveBytes: number;
  readonly clock: Clock;
  say(text: string): void;
}

export interface UpgradedCluster extends CopiedDatabase {
  readonly sizeBytes: number;
  readonly oldSizeBytes: number;
}

const maxConnections = 20;
const stopMs = 120_000;
/** The copy is no larger than the database as a rule: it has no dead rows. */
const roomShare = 1.2;

/** The major version that made a data folder; undefined where there is none. */
export async function readClusterMajor(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/**
 * Makes a cluster of the present PostgreSQL's version out of one of another, in a folder of its own: both run, on ports
 * that nobody knows; the old one is backed up, and its database is copied and compared row by row. The old one is as it
 * was. Throws where it has what a copy would lose, or anything fails; the new folder is deleted then.
 */
export async function upgradeCluster(request: UpgradeRequest): Promise<UpgradedCluster> {
  const { cluster, oldProgram, binaries, into, clock } = request;
  const old = {
    cluster,
    program: oldProgram.postgres,
    version: oldProgram.version,
    archiveCommand: request.archiveCommand,
  };
  const made = { cluster: { ...cluster, dataFolder: into }, program: binaries.postgres, version: binaries.version };
  await rm(into, { recursive: true, force: true });
  try {
    return await withRunning(request, old, async (oldPort) => {
      const superuserUrl = formatSuperuserUrl(cluster.credentials, oldPort);
      await refuseForeign(superuserUrl);
      await request.backUp(superuserUrl);
      const oldSizeBytes = await requireRoom(request, superuserUrl);
      await makeDataFolder({ ...cluster, binaries, durable: true }, cluster.credentials, into);
      return await withRunning(request, made, async (port) => {
        await ensureRoleAndDatabase(made.cluster, port, clock);
        const copied = await onBoth(cluster, oldPort, port, (from, to) => copyDatabase(from, to, request.say));
        return { ...copied, oldSizeBytes, sizeBytes: await readSize(formatSuperuserUrl(cluster.credentials, port)) };
      });
    });
  } catch (error) {
    await rm(into, { recursive: true, force: true });
    throw error;
  }
}

async function withRunning<T>(
  { clock }: UpgradeRequest,
  what: Pick<LaunchOptions, 'cluster' | 'program' | 'version' | 'archiveCommand'>,
  work: (port: number) => Promise<T>,
): Promise<T> {
  const port = await chooseFreePort(undefined);
  const postmaster = await launchPostmaster({ ...what, port, durable: true, maxConnections, clock });
  try {
    return await work(port);
  } finally {
    await endPostmaster(postmaster, clock, [['SIGINT', stopMs]]);
  }
}

async function onBoth<T>(
  { credentials }: Cluster,
  oldPort: number,
  port: number,
  work: (from: postgres.Sql, to: postgres.Sql) => Promise<T>,
): Promise<T> {
  return withConnection(formatClusterUrl(credentials, oldPort), (from) =>
    withConnection(formatClusterUrl(credentials, port), (to) => work(from, to)),
  );
}

async function refuseForeign(superuserUrl: string): Promise<void> {
  const url = new URL(superuserUrl);
  url.pathname = `/${databaseName}`;
  const parts = await withConnection(superuserUrl, findForeignParts);
  const objects = await withConnection(url.href, findForeignObjects);
  const foreign = [...parts, ...objects];
  if (foreign.length === 0) return;
  throw new Error(
    `The database has ${foreign.slice(0, 10).join(', ')}${foreign.length > 10 ? ' and more' : ''}, which Holdfast did not ` +
      'make and would not copy. Take it out, or upgrade with pg_upgrade of PostgreSQL.',
  );
}

async function requireRoom({ cluster, reserveBytes }: UpgradeRequest, superuserUrl: string): Promise<number> {
  const sizeBytes = await readSize(superuserUrl);
  const { bavail, bsize } = await statfs(cluster.home);
  const neededBytes = sizeBytes * roomShare + reserveBytes;
  if (bavail * bsize >= neededBytes) return sizeBytes;
  const inMebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new Error(
    `${cluster.home} has ${inMebibytes(bavail * bsize)} free; the copy may need ${inMebibytes(neededBytes)}, ` +
      'backup.reserve_bytes included.',
  );
}

async function readSize(superuserUrl: string): Promise<number> {
  const [row] = await withConnection(
    superuserUrl,
    (sql) => sql`SELECT sum(pg_database_size(oid))::float8 AS bytes FROM pg_database`,
  );
  return Number(row?.['bytes']);
}
