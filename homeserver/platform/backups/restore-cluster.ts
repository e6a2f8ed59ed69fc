import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import { databaseName, formatSuperuserUrl, withConnection } from '../embedded-postgres/cluster-connection.ts';
import type { Cluster, ClusterCredentials } from '../embedded-postgres/initialize-cluster.ts';
import { chooseFreePort, launchPostmaster, postgresLogFile } from '../embedded-postgres/launch-postmaster.ts';
import { endPostmaster } from '../embedded-postgres/postmaster.ts';
import type { PostgresBinaries } from '../embedded-postgres/prepare-postgres-binaries.ts';
import { restoreCommand, writeRestoreProgram } from './archive-programs.ts';
import type { BackupPlace } from './backup-folder.ts';
import { type BaseBackup, packedPath } from './base-backup.ts';
import { giveFolder } from './give-folder.ts';
import { forEachFile, unpackFile } from './packed-file.ts';

export interface RestoreRequest {
  readonly place: BackupPlace;
  readonly backup: BaseBackup;
  readonly credentials: ClusterCredentials;
  readonly binaries: PostgresBinaries;
  /** A fresh folder: whatever is there is deleted. */
  readonly into: string;
  /** ISO 8601; undefined: as far as the logs go. */
  readonly targetTime: string | undefined;
  readonly timeline: number | undefined;
  /** The data folder that is replaced: its logs that were not archived yet are used too, where they can be read. */
  readonly replaced: string | undefined;
  readonly clock: Clock;
  /** Says what is done, for people. */
  say(text: string): void;
}

/** What is in a cluster. */
export interface ClusterContents {
  readonly sizeBytes: number;
  readonly tables: number;
  readonly rows: number;
  /** Of the log that all other tables go by; undefined if it was never migrated. */
  readonly events: number | undefined;
  readonly serverName: string | undefined;
}

export interface RestoredCluster extends ClusterContents {
  /** Of the last transaction that came from the logs, as PostgreSQL says; undefined if none did. */
  readonly lastWriteAt: string | undefined;
}

const recoveryDeadlineMs = 24 * 60 * 60_000;
const stopMs = 60_000;
/** Nobody uses it before it is in its place. */
const maxConnections = 20;

/**
 * Makes a cluster from a base backup and the archived logs, in a folder of its own: starts it, lets it recover, reads
 * every row of it (PostgreSQL checks the sum of each page on the way) and ends it again. Throws when any of that fails.
 */
export async function restoreCluster(request: RestoreRequest): Promise<RestoredCluster> {
  const { place, into, replaced, clock, say } = request;
  await rm(into, { recursive: true, force: true });
  await unpack(request);
  await writeRestoreProgram(
    place.home,
    place.user,
    place.folder,
    replaced === undefined ? '' : join(replaced, 'pg_wal'),
  );
  const cluster: Cluster = {
    ...{ home: place.home, user: place.user },
    dataFolder: into,
    credentials: request.credentials,
  };
  const startMs = clock.monotonicMs();
  const launch = { ...launchOptions(request, cluster), port: await chooseFreePort(undefined) };
  const postmaster = await launchPostmaster(launch);
  try {
    say(`recovered in ${formatSeconds(clock.monotonicMs() - startMs)}; reading every row`);
    const contents = await readContents(formatSuperuserUrl(cluster.credentials, launch.port));
    return { ...contents, lastWriteAt: await readLastCommit(postgresLogFile(cluster)) };
  } finally {
    await endPostmaster(postmaster, clock, [['SIGINT', stopMs]]);
  }
}

function launchOptions({ place, binaries, targetTime, timeline, clock }: RestoreRequest, cluster: Cluster) {
  return {
    ...{ cluster, program: binaries.postgres, version: binaries.version, clock },
    ...{ durable: true, maxConnections, readyDeadlineMs: recoveryDeadlineMs },
    // The history of the new timeline is archived from its first moment.
    archiveCommand: place.archiveCommand,
    recovery: { restoreCommand: restoreCommand(place.home), targetTime, timeline },
  };
}

/** PostgreSQL says at the end of a recovery how far it came. */
async function readLastCommit(logFile: string): Promise<string | undefined> {
  const log = await readFile(logFile, 'utf8');
  const recovery = log.slice(log.lastIndexOf('starting PostgreSQL'));
  return /last completed transaction was at log time (.*)/.exec(recovery)?.[1];
}

async function unpack({ place, backup, into, clock, say }: RestoreRequest): Promise<void> {
  const startMs = clock.monotonicMs();
  const { manifest } = backup;
  let bytes = 0;
  await mkdir(into, { mode: 0o700 });
  for (const folder of manifest.folders) await mkdir(join(into, folder), { recursive: true, mode: 0o700 });
  await forEachFile(manifest.files, async ({ path, sizeBytes, sha256 }) => {
    const content = await unpackFile(packedPath(backup.folder, path), join(into, path));
    if (content.sizeBytes !== sizeBytes || content.sha256 !== sha256) {
      throw new Error(`${path} in the backup ${backup.id} is damaged. Choose another one: holdfast backup list`);
    }
    bytes += sizeBytes;
  });
  await writeFile(join(into, 'recovery.signal'), '', { mode: 0o600, flush: true });
  await giveFolder(into, place.user);
  const durationMs = clock.monotonicMs() - startMs;
  say(`unpacked ${formatMebibytes(bytes)} in ${formatSeconds(durationMs)} (${formatRate(bytes, durationMs)})`);
}

/** Reads every row of a cluster's database and says what is in it. */
export async function readContents(superuserUrl: string): Promise<ClusterContents> {
  const url = new URL(superuserUrl);
  url.pathname = `/${databaseName}`;
  return withConnection(url.href, async (sql) => {
    const tables = await sql<{ name: string }[]>`SELECT c.oid::regclass::text AS name FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'`;
    let rows = 0;
    const counts = new Map<string, number>();
    for (const { name } of tables) {
      // Every column, or what is stored beside the row would not be read.
      const [count] = await sql.unsafe<{ count: number }[]>(
        `SELECT count(octet_length(t::text))::float8 AS count FROM ${name} AS t`,
      );
      counts.set(name, count?.count ?? 0);
      rows += count?.count ?? 0;
    }
    const [size] = await sql<{ bytes: number }[]>`SELECT pg_database_size(current_database())::float8 AS bytes`;
    const names = counts.has('server_fact') ? await sql`SELECT value FROM server_fact WHERE name = 'server_name'` : [];
    return {
      ...{ tables: tables.length, rows, events: counts.get('event'), sizeBytes: size?.bytes ?? 0 },
      serverName: names[0]?.['value'] as string | undefined,
    };
  });
}

export const formatMebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const formatSeconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(1)} s`;
const formatRate = (bytes: number, durationMs: number) =>
  `${formatMebibytes((bytes / Math.max(1, durationMs)) * 1_000)}/s`;

/** Whether a folder is there. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
