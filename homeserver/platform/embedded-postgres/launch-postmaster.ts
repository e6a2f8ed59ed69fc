import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@holdfast/effects/clock.ts';
import { probeCluster } from './cluster-connection.ts';
import { type Cluster, writeOwnedFile } from './initialize-cluster.ts';
import { formatPostgresConf, formatPostgresHba, type RecoverySettings } from './postgres-settings.ts';
import {
  clearStaleLocks,
  endOrphans,
  endPostmaster,
  type Postmaster,
  readPostmasterStatus,
  spawnPostmaster,
} from './postmaster.ts';
import { readLogTail } from './rotate-postgres-log.ts';

export interface LaunchOptions {
  readonly cluster: Cluster;
  /** The program `postgres`. */
  readonly program: string;
  readonly port: number;
  readonly durable: boolean;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly version: string;
  readonly archiveCommand?: string | undefined;
  readonly recovery?: RecoverySettings | undefined;
  /** How long the start may take, recovery included; ten minutes unless given. */
  readonly readyDeadlineMs?: number;
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal;
}

/** A start does crash recovery first; with the log sizes set here that takes seconds, on bad disks minutes. */
const readyDeadlineMs = 600_000;
const abandonMs = 10_000;
const pollMs = 10;
const probeDeadlineMs = 5_000;
/** sun_path holds 108 bytes with the closing zero. */
const longestSocketPath = 107;

export function postgresLogFile(cluster: Cluster): string {
  return join(cluster.home, 'postgresql.log');
}

/** The folder of the Unix socket, or undefined where its path would be too long. */
export function chooseSocketFolder(cluster: Cluster, port: number): string | undefined {
  const path = join(cluster.home, `.s.PGSQL.${port}`);
  return Buffer.byteLength(path) <= longestSocketPath ? cluster.home : undefined;
}

/** The text of postgresql.conf for these options. */
export function formatLaunchConf(options: LaunchOptions): string {
  const conf = formatPostgresConf({
    port: options.port,
    socketFolder: chooseSocketFolder(options.cluster, options.port),
    durable: options.durable,
    maxConnections: options.maxConnections,
    archiveCommand: options.archiveCommand,
    recovery: options.recovery,
  });
  // A PostgreSQL that is found running is restarted when this text has changed, so it names the program too.
  return `# PostgreSQL ${options.version}\n${conf}`;
}

/**
 * Starts PostgreSQL and waits until it answers. Call only when no postmaster of this cluster runs. Throws with the end
 * of its log when it ends instead.
 */
export async function launchPostmaster(options: LaunchOptions): Promise<Postmaster> {
  const { cluster } = options;
  await writeOwnedFile(join(cluster.dataFolder, 'postgresql.conf'), formatLaunchConf(options), cluster.user);
  await writeOwnedFile(join(cluster.dataFolder, 'pg_hba.conf'), formatPostgresHba(), cluster.user);
  await endOrphans(cluster);
  await clearStaleLocks(cluster);
  const postmaster = await spawnPostmaster(cluster, options.program, postgresLogFile(cluster));
  try {
    await waitUntilReady(postmaster, options, options.readyDeadlineMs ?? readyDeadlineMs);
  } catch (error) {
    if (!postmaster.hasEnded()) await endPostmaster(postmaster, options.clock, [['SIGINT', abandonMs]]);
    throw error;
  }
  return postmaster;
}

/** Waits until the postmaster takes connections. Throws when it ends instead, is late, or `options.signal` aborts. */
export async function waitUntilReady(
  postmaster: Postmaster,
  options: LaunchOptions,
  deadlineMs: number,
): Promise<void> {
  const { cluster, port, clock } = options;
  const lastMs = clock.monotonicMs() + deadlineMs;
  let failure: string | undefined = 'it has not begun to answer';
  while (clock.monotonicMs() < lastMs) {
    options.signal?.throwIfAborted();
    if (postmaster.hasEnded()) {
      const tail = await readLogTail(postgresLogFile(cluster));
      throw new Error(`PostgreSQL did not start: ${await postmaster.ended}\n${tail}`);
    }
    const status = await readPostmasterStatus(cluster.dataFolder);
    if (status === 'ready') {
      failure = await probeCluster(cluster, port, clock, probeDeadlineMs);
      if (failure === undefined) return;
    }
    await clock.sleep(pollMs);
  }
  throw new Error(`PostgreSQL did not get ready within ${deadlineMs / 1000} s: ${failure}`);
}

/** The port that the last start wrote into postgresql.conf; undefined before the first. */
export async function readLastPort(dataFolder: string): Promise<number | undefined> {
  const conf = await readFile(join(dataFolder, 'postgresql.conf'), 'utf8').catch(() => '');
  const port = Number(/^port = '(\d+)'$/m.exec(conf)?.[1]);
  return Number.isSafeInteger(port) && port > 0 ? port : undefined;
}

/** Gives `preferred` if nobody listens there, else any free port of the loopback interface. */
export async function chooseFreePort(preferred: number | undefined): Promise<number> {
  for (const candidate of preferred ? [preferred, 0] : [0]) {
    const port = await tryPort(candidate);
    if (port !== undefined) return port;
  }
  throw new Error('No free port on 127.0.0.1 for PostgreSQL.');
}

function tryPort(candidate: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(candidate, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
