import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import type postgres from 'postgres';
import { databaseName, formatSuperuserUrl, withConnection } from '../embedded-postgres/cluster-connection.ts';
import type { Cluster, ClusterCredentials } from '../embedded-postgres/initialize-cluster.ts';
import {
  chooseFreePort,
  type LaunchOptions,
  launchPostmaster,
  postgresLogFile,
} from '../embedded-postgres/launch-postmaster.ts';
import { endPostmaster } from '../embedded-postgres/postmaster.ts';
import type { PostgresBinaries } from '../embedded-postgres/prepare-postgres-binaries.ts';
import { restoreCommand, writeRestoreProgram } from './archive-programs.ts';
import type { BackupPlace } from './backup-folder.ts';
import { type BaseBackup, packedPath, sizeOf } from './base-backup.ts';
import { giveFolder } from './give-folder.ts';
import type { ArchivedLog } from './log-name.ts';
import { formatShare, reportProgress } from './media/report-progress.ts';
import { forEachFile, unpackFile } from './packed-file.ts';
import { parseTargetMs, planReplay } from './replay/plan-replay.ts';
import { startReplayWatch } from './replay/watch-replay.ts';

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
  /** All that are archived. */
  readonly logs: readonly ArchivedLog[];
  /** The data folder that is replaced: its logs that were not archived yet are used too, where they can be read. */
  readonly replaced: string | undefined;
  readonly clock: Clock;
  /** Gives up what is under way: nothing of it is left. */
  readonly signal: AbortSignal;
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
 * every row of it (PostgreSQL checks the sum of each page on the way) and ends it again. Says at each part how far it is.
 * Throws when any of that fails, or `signal` aborts.
 */
export async function restoreCluster(request: RestoreRequest): Promise<RestoredCluster> {
  const { into, signal } = request;
  await rm(into, { recursive: true, force: true });
  try {
    await unpack(request);
    return await recover(request);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Files that were being opened may still come.
    await rm(into, { recursive: true, force: true, maxRetries: 10 });
    throw signal.reason;
  }
}

async function recover(request: RestoreRequest): Promise<RestoredCluster> {
  const { place, into, replaced, clock, say, signal } = request;
  const unarchived = replaced === undefined ? undefined : join(replaced, 'pg_wal');
  await writeRestoreProgram(place.home, place.user, place.folder, unarchived ?? '');
  const cluster: Cluster = {
    ...{ home: place.home, user: place.user },
    dataFolder: into,
    credentials: request.credentials,
  };
  const startMs = clock.monotonicMs();
  const launch = { ...launchOptions(request, cluster), port: await chooseFreePort(undefined) };
  const postmaster = await replay(request, launch, unarchived);
  try {
    const readingMs = clock.monotonicMs();
    say(`recovered in ${formatSeconds(readingMs - startMs)}; reading every row`);
    const progress = reportProgress(clock, say);
    const note = (done: number, all: number) =>
      progress(() => `reading: ${formatShare(done, all, clock.monotonicMs() - readingMs)}`);
    const contents = await readContents(formatSuperuserUrl(cluster.credentials, launch.port), { signal, note });
    return { ...contents, lastWriteAt: await readLastCommit(postgresLogFile(cluster)) };
  } finally {
    await endPostmaster(postmaster, clock, [['SIGINT', stopMs]]);
  }
}

/** Starts the cluster, which replays the logs first, and says meanwhile how many are left. */
async function replay(request: RestoreRequest, launch: LaunchOptions, unarchived: string | undefined) {
  const { backup, logs, timeline, targetTime, clock, say } = request;
  const targetMs = targetTime === undefined ? undefined : parseTargetMs(targetTime);
  const plan = await planReplay({ backup, logs, unarchived, timeline, targetMs });
  say(`replaying ${plan.last - plan.first + 1} logs`);
  const endWatch = await startReplayWatch(postgresLogFile(launch.cluster), plan, { clock, say });
  try {
    return await launchPostmaster(launch);
  } finally {
    await endWatch();
  }
}

function launchOptions({ place, binaries, targetTime, timeline, clock, signal }: RestoreRequest, cluster: Cluster) {
  return {
    ...{ cluster, program: binaries.postgres, version: binaries.version, clock, signal },
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

async function unpack({ place, backup, into, clock, say, signal }: RestoreRequest): Promise<void> {
  const startMs = clock.monotonicMs();
  const { manifest } = backup;
  const allBytes = sizeOf(backup);
  let bytes = 0;
  say(`unpacking ${manifest.files.length} files, ${formatMebibytes(allBytes)}`);
  const progress = reportProgress(clock, say);
  const piece = (sizeBytes: number) => {
    bytes += sizeBytes;
    progress(() => `unpacking: ${formatShare(bytes, allBytes, clock.monotonicMs() - startMs)}`);
  };
  await mkdir(into, { mode: 0o700 });
  for (const folder of manifest.folders) await mkdir(join(into, folder), { recursive: true, mode: 0o700 });
  await forEachFile(manifest.files, async ({ path, sizeBytes, sha256 }) => {
    const content = await unpackFile(packedPath(backup.folder, path), join(into, path), { piece, signal });
    if (content.sizeBytes !== sizeBytes || content.sha256 !== sha256) {
      throw new Error(`${path} in the backup ${backup.id} is damaged. Choose another one: holdfast backup list`);
    }
  });
  await writeFile(join(into, 'recovery.signal'), '', { mode: 0o600, flush: true });
  await giveFolder(into, place.user);
  const durationMs = clock.monotonicMs() - startMs;
  say(`unpacked ${formatMebibytes(bytes)} in ${formatSeconds(durationMs)} (${formatRate(bytes, durationMs)})`);
}

/** Reads every row of a cluster's database and says what is in it. `note` is told how many bytes of how many are read. */
export async function readContents(
  superuserUrl: string,
  { signal, note }: { signal?: AbortSignal; note?: (doneBytes: number, allBytes: number) => void } = {},
): Promise<ClusterContents> {
  const url = new URL(superuserUrl);
  url.pathname = `/${databaseName}`;
  const read = async (sql: postgres.Sql) => {
    const tables = await sql<{ name: string; bytes: number }[]>`
      SELECT c.oid::regclass::text AS name, pg_table_size(c.oid)::float8 AS bytes FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'`;
    const allBytes = tables.reduce((sum, { bytes }) => sum + bytes, 0);
    let [rows, doneBytes] = [0, 0];
    const counts = new Map<string, number>();
    for (const { name, bytes } of tables) {
      signal?.throwIfAborted();
      // Every column, or what is stored beside the row would not be read.
      const [count] = await sql.unsafe<{ count: number }[]>(
        `SELECT count(octet_length(t::text))::float8 AS count FROM ${name} AS t`,
      );
      counts.set(name, count?.count ?? 0);
      rows += count?.count ?? 0;
      doneBytes += bytes;
      note?.(doneBytes, allBytes);
    }
    const [size] = await sql<{ bytes: number }[]>`SELECT pg_database_size(current_database())::float8 AS bytes`;
    const names = counts.has('server_fact') ? await sql`SELECT value FROM server_fact WHERE name = 'server_name'` : [];
    return {
      ...{ tables: tables.length, rows, events: counts.get('event'), sizeBytes: size?.bytes ?? 0 },
      serverName: names[0]?.['value'] as string | undefined,
    };
  };
  return withConnection(url.href, read, signal);
}

export const formatMebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const formatSeconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(1)} s`;
const formatRate = (bytes: number, durationMs: number) =>
  `${formatMebibytes((bytes / Math.max(1, durationMs)) * 1_000)}/s`;

/** Whether a folder is there. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
