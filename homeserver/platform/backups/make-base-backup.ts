import { copyFile, mkdir, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import type postgres from 'postgres';
import { withConnection } from '../embedded-postgres/cluster-connection.ts';
import { writeOwnedFile } from '../embedded-postgres/initialize-cluster.ts';
import { BackupError } from './backup-error.ts';
import { type BackupPlace, baseFolder, logFolder } from './backup-folder.ts';
import { type BackedUpFile, type BackupManifest, names, packedPath } from './base-backup.ts';
import { giveFolder } from './give-folder.ts';
import { formatLogName, logNumberOf } from './log-name.ts';
import { forEachFile, packFile } from './packed-file.ts';

export interface BackupSource {
  readonly place: BackupPlace;
  readonly superuserUrl: string;
  readonly reserveBytes: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** Held by the session that makes a base backup: one at a time. */
const backupLock = 4_817_223;
/** The last log of a backup is archived within the archive's time-out, unless its volume is away. */
const archiveDeadlineMs = 180_000;
const pollMs = 200;
/** Compressed, a database takes a third of its size at most; more than that is asked for. */
const roomShare = 0.5;

/** Made anew by PostgreSQL, or no part of a backup. https://www.postgresql.org/docs/current/continuous-archiving.html */
const contentsLeftOut = new Set(
  'pg_wal pg_replslot pg_dynshmem pg_notify pg_serial pg_snapshots pg_stat_tmp pg_subtrans'.split(' '),
);
const filesLeftOut = /^(postmaster\.(pid|opts)|backup_label.*|recovery\.signal|standby\.signal|.*\.partial)$/;
const leftOutAnywhere = /^(pgsql_tmp.*|pg_internal\.init.*)$/;

/**
 * Makes a base backup: PostgreSQL's files as they are while it goes on writing, which together with the archived logs
 * of that time are a good copy. Resolves with its id when it and these logs are on the disk. Throws BackupError.
 */
export async function makeBaseBackup(source: BackupSource): Promise<string> {
  const { place, superuserUrl, signal } = source;
  if (place.problem) throw new BackupError(place.problem);
  return withConnection(
    superuserUrl,
    async (sql) => {
      const [lock] = await sql`SELECT pg_try_advisory_lock(${backupLock}) AS held`;
      if (!lock?.['held']) throw new BackupError('A base backup is being made at this moment.');
      await removeUnfinished(place.folder);
      await requireRoom(source);
      const began = await beginBackup(sql);
      const id = began.at.replaceAll(/[-:]/g, '').replace(/\.\d+/, '');
      const folder = join(baseFolder(place.folder), `${id}${names.unfinished}`);
      await mkdir(folder, { mode: 0o700 });
      const copied = await copyCluster(join(place.home, 'data'), folder, signal);
      const manifest = await endBackup(sql, source, folder, began, copied);
      await copyFile(join(place.home, 'passwords.json'), join(folder, names.passwords));
      await writeOwnedFile(join(folder, names.manifest), `${JSON.stringify(manifest, undefined, 1)}\n`, undefined);
      await giveFolder(folder, place.user);
      await rename(folder, join(baseFolder(place.folder), id));
      return id;
    },
    signal,
  );
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(baseFolder(folder))) {
    if (name.endsWith(names.unfinished)) await rm(join(baseFolder(folder), name), { recursive: true, force: true });
  }
}

async function requireRoom({ place, superuserUrl, reserveBytes }: BackupSource): Promise<void> {
  const { bavail, bsize } = await statfs(place.folder);
  const sizes = await withConnection(
    superuserUrl,
    (sql) => sql`SELECT sum(pg_database_size(oid))::float8 AS bytes FROM pg_database`,
  );
  const neededBytes = Number(sizes[0]?.['bytes']) * roomShare + reserveBytes;
  if (bavail * bsize >= neededBytes) return;
  const inMebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new BackupError(
    `${place.folder} has ${inMebibytes(bavail * bsize)} free; a base backup may need ${inMebibytes(neededBytes)}, ` +
      'backup.reserve_bytes included.',
  );
}

interface Beginning {
  readonly at: string;
  readonly startPlace: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly postgresVersion: string;
}

async function beginBackup(sql: postgres.Sql): Promise<Beginning> {
  const tablespaces = await sql`SELECT 1 FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')`;
  if (tablespaces.length > 0) throw new BackupError('The database has tablespaces, which lie outside of its folder.');
  const [row] = await sql`SELECT pg_backup_start('holdfast', fast => true)::text AS "startPlace",
    system_identifier::text AS "systemIdentifier", timeline_id AS timeline,
    split_part(current_setting('server_version'), ' ', 1) AS "postgresVersion",
    to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
    FROM pg_control_system(), pg_control_checkpoint()`;
  return row as unknown as Beginning;
}

/** Tells PostgreSQL that its files have been copied, and waits until the logs of that time are archived. */
async function endBackup(
  sql: postgres.Sql,
  { place, clock, signal }: BackupSource,
  folder: string,
  { at, ...beginning }: Beginning,
  copied: { folders: string[]; files: BackedUpFile[] },
): Promise<BackupManifest> {
  const [row] = await sql`SELECT lsn::text AS "stopPlace", labelfile AS label,
    to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "endedAt"
    FROM pg_backup_stop(wait_for_archive => false)`;
  const { stopPlace, label, endedAt } = row as unknown as { stopPlace: string; label: string; endedAt: string };
  const labelFile = join(folder, 'backup_label');
  await writeOwnedFile(labelFile, label, undefined);
  const content = await packFile(labelFile, packedPath(folder, 'backup_label'));
  await rm(labelFile);
  const name = formatLogName({ timeline: beginning.timeline, number: logNumberOf(stopPlace) });
  const endMs = clock.monotonicMs() + archiveDeadlineMs;
  while (
    !(await stat(join(logFolder(place.folder), beginning.systemIdentifier, `${name}.gz`)).catch(() => undefined))
  ) {
    signal?.throwIfAborted();
    if (clock.monotonicMs() > endMs) {
      throw new BackupError(
        `The log ${name} was not archived within ${archiveDeadlineMs / 1000} s. See PostgreSQL's log.`,
      );
    }
    await clock.sleep(pollMs, signal);
  }
  const files = [...copied.files, { path: 'backup_label', ...content }];
  return { format: 1, ...beginning, startedAt: at, stopPlace, endedAt, folders: copied.folders, files };
}

/** Copies what belongs into a backup. A file that is deleted meanwhile is deleted by the logs, too. */
async function copyCluster(dataFolder: string, folder: string, signal: AbortSignal | undefined) {
  const folders: string[] = [];
  const files: BackedUpFile[] = [];
  const copyFolder = async (path: string): Promise<void> => {
    await mkdir(join(folder, names.files, path), { recursive: true, mode: 0o700 });
    if (path !== '') folders.push(path);
    if (contentsLeftOut.has(path)) return;
    await forEachFile(await readdir(join(dataFolder, path), { withFileTypes: true }), async (entry) => {
      signal?.throwIfAborted();
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      const isLeftOut = leftOutAnywhere.test(entry.name) || (path === '' && filesLeftOut.test(entry.name));
      if (isLeftOut || inner === 'global/pg_control') return;
      if (entry.isDirectory()) await copyFolder(inner);
      else if (entry.isFile()) await copy(inner, join(dataFolder, inner));
    });
  };
  const copy = async (path: string, source: string): Promise<void> => {
    const target = packedPath(folder, path);
    try {
      files.push({ path, ...(await packFile(source, target, signal)) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await rm(target, { force: true });
    }
  };
  await copyFolder('');
  folders.push('pg_wal/archive_status');
  await copySettled(join(dataFolder, 'global', 'pg_control'), join(folder, 'pg_control'), async (settled) => {
    await copy('global/pg_control', settled);
  });
  return { folders: folders.sort(), files: files.sort((one, other) => (one.path < other.path ? -1 : 1)) };
}

/** PostgreSQL writes pg_control in one piece, but nobody promises that it is read in one: it is read until it stands still. */
async function copySettled(source: string, copy: string, use: (copy: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(copy), { recursive: true });
  for (let before = Buffer.alloc(0); ; ) {
    await copyFile(source, copy);
    const now = await readFile(copy);
    if (now.length > 0 && now.equals(before)) break;
    before = now;
  }
  await use(copy);
  await rm(copy);
}
