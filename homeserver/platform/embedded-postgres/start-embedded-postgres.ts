import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { type BackupFolderSettings, type BackupPlace, prepareBackupFolder } from '../backups/backup-folder.ts';
import { ensureRoleAndDatabase, formatClusterUrl, formatSuperuserUrl } from './cluster-connection.ts';
import { initializeCluster } from './initialize-cluster.ts';
import {
  chooseFreePort,
  formatLaunchConf,
  type LaunchOptions,
  launchPostmaster,
  readLastPort,
  waitUntilReady,
} from './launch-postmaster.ts';
import { lockDataFolder } from './lock-data-folder.ts';
import { placeCluster } from './place-cluster.ts';
import { findRunningPostmaster, type Postmaster, readPostmasterStatus } from './postmaster.ts';
import { preparePostgresBinaries } from './prepare-postgres-binaries.ts';
import { type PostgresStatus, stopPostmaster, supervisePostmaster } from './supervise-postmaster.ts';

export interface EmbeddedPostgresOptions {
  /** Holdfast's data folder; PostgreSQL's files go into `postgresql` in it. Made if missing. */
  readonly dataDir: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly maxConnections?: number;
  /** Keeps PostgreSQL's logs for backups; without it none are kept, and what is written meanwhile is in no backup. */
  readonly backup?: BackupFolderSettings;
}

export interface EmbeddedPostgres {
  /** Stays the same as long as this process runs, and as a rule also from start to start. */
  readonly url: string;
  readonly superuserUrl: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** Undefined where no backups are kept. */
  readonly backups: BackupPlace | undefined;
  /** True if it was found running and is used as it was. */
  readonly adopted: boolean;
  readStatus(): PostgresStatus;
  /** Ends PostgreSQL cleanly and lets go of the data folder. */
  stop(): Promise<void>;
}

const defaultMaxConnections = 100;
/** One that was found running had its time to start already, save for a recovery. */
const adoptDeadlineMs = 60_000;

/**
 * Starts Holdfast's own PostgreSQL, or goes on with the one that a killed Holdfast left running, and supervises it.
 *
 * Throws with a message for people when another Holdfast uses the data folder, the folder cannot be used, or
 * PostgreSQL does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, clock = systemClock, maxConnections = defaultMaxConnections } = options;
  const { home, user } = await placeCluster(dataDir);
  const lock = lockDataFolder(dataDir);
  try {
    const binaries = await preparePostgresBinaries(user, home);
    const cluster = await initializeCluster({ home, binaries, user, durable: true });
    const program = { program: binaries.postgres, version: binaries.version };
    const backups = options.backup && (await prepareBackupFolder({ dataDir, home, user }, options.backup));
    if (backups?.problem) log.error({ folder: backups.folder }, `backups cannot be made: ${backups.problem}`);
    const launch: Omit<LaunchOptions, 'port'> = {
      ...{ cluster, ...program, durable: true, maxConnections, clock },
      archiveCommand: backups?.archiveCommand,
    };
    const { postmaster, port, adopted } = await adoptOrLaunch(launch, log);
    await ensureRoleAndDatabase(cluster, port, clock);
    const supervised = supervisePostmaster(postmaster, { ...launch, port }, log);
    log.info({ postgresPid: postmaster.pid, port, version: binaries.version, adopted, home }, 'PostgreSQL runs');
    return {
      url: formatClusterUrl(cluster.credentials, port),
      superuserUrl: formatSuperuserUrl(cluster.credentials, port),
      version: binaries.version,
      backups,
      adopted,
      readStatus: supervised.readStatus,
      async stop() {
        await supervised.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function adoptOrLaunch(
  launch: Omit<LaunchOptions, 'port'>,
  log: Log,
): Promise<{ postmaster: Postmaster; port: number; adopted: boolean }> {
  const { cluster, clock } = launch;
  const lastPort = await readLastPort(cluster.dataFolder);
  const running = await findRunningPostmaster(cluster, clock);
  if (running && lastPort !== undefined) {
    const options = { ...launch, port: lastPort };
    if (await canAdopt(running, options, log)) return { postmaster: running, port: lastPort, adopted: true };
  }
  if (running && !running.hasEnded()) await stopPostmaster(running, { ...launch, port: lastPort ?? 0 }, log);
  const port = await chooseFreePort(lastPort);
  return { postmaster: await launchPostmaster({ ...launch, port }), port, adopted: false };
}

/** True if it runs with the settings that it would be started with now, and answers. */
async function canAdopt(running: Postmaster, options: LaunchOptions, log: Log): Promise<boolean> {
  const { dataFolder } = options.cluster;
  const conf = await readFile(join(dataFolder, 'postgresql.conf'), 'utf8');
  if (conf !== formatLaunchConf(options) || (await readPostmasterStatus(dataFolder)) === 'stopping') return false;
  try {
    await waitUntilReady(running, options, adoptDeadlineMs);
    return true;
  } catch (error) {
    log.warn({ err: error, postgresPid: running.pid }, 'the PostgreSQL found running does not answer; restarting it');
    return false;
  }
}
