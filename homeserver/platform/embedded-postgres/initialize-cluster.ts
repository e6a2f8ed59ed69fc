import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresUser } from './choose-postgres-user.ts';
import type { PostgresBinaries } from './prepare-postgres-binaries.ts';
import { runPostgresProgram } from './run-postgres-program.ts';

/** A PostgreSQL cluster on disk and how to get into it. */
export interface Cluster {
  /** Holds the data folder, the socket, the log and the passwords. */
  readonly home: string;
  /** PGDATA. */
  readonly dataFolder: string;
  readonly user: PostgresUser | undefined;
  readonly credentials: ClusterCredentials;
}

export interface ClusterCredentials {
  /** Of the superuser `postgres`, who supervises. */
  readonly superuserPassword: string;
  /** Of `holdfast`, who owns the database `holdfast`. */
  readonly password: string;
}

const passwordBytes = 24;

/**
 * Makes the cluster in `home` if there is none. A cluster whose making was cut short is made again; one of another
 * major version is refused.
 */
export async function initializeCluster(options: {
  readonly home: string;
  readonly binaries: PostgresBinaries;
  readonly user: PostgresUser | undefined;
  readonly durable: boolean;
}): Promise<Cluster> {
  const { home, binaries, user } = options;
  await makeOwnedFolder(home, user);
  const dataFolder = join(home, 'data');
  const clusterVersion = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  const majorVersion = binaries.version.split('.')[0];
  if (clusterVersion !== undefined && clusterVersion.trim() !== majorVersion) {
    throw new Error(
      `The database in ${dataFolder} was made by PostgreSQL ${clusterVersion.trim()}, and this Holdfast brings ` +
        `PostgreSQL ${majorVersion}: \`holdfast database upgrade\` copies it into a new one. Until then the Holdfast that made it ` +
        'still starts.',
    );
  }
  if (clusterVersion === undefined && (await stat(dataFolder).catch(() => undefined))) {
    throw new Error(
      `${dataFolder} is there but is no PostgreSQL database (PG_VERSION is missing). Restore it from a backup, or ` +
        'move it away to begin with an empty one.',
    );
  }
  if (clusterVersion === undefined) await refuseHalfSwitched(home);
  const credentials = await readOrMakeCredentials(home, user, clusterVersion !== undefined);
  if (clusterVersion === undefined) await makeDataFolder(options, credentials, dataFolder);
  return { home, dataFolder, user, credentials };
}

/** A restore or an upgrade that was cut short between its two renames must not end with an empty database. */
async function refuseHalfSwitched(home: string): Promise<void> {
  const others = (await readdir(home)).filter((name) => /^data\.(restored|upgraded|replaced-|postgresql-)/.test(name));
  if (others.length === 0) return;
  throw new Error(
    `There is no database in ${home}/data, but ${others.join(', ')} beside it: a restore or an upgrade was cut short. ` +
      'Rename the one that you want to "data" (or move all of them away to begin with an empty one).',
  );
}

/** Made under another name and renamed when whole, so that a power cut leaves either no cluster or a good one. */
export async function makeDataFolder(
  options: { home: string; binaries: PostgresBinaries; user: PostgresUser | undefined; durable: boolean },
  credentials: ClusterCredentials,
  dataFolder: string,
): Promise<void> {
  const unfinished = join(options.home, 'data.unfinished');
  const passwordFile = join(options.home, 'initdb-password');
  await rm(unfinished, { recursive: true, force: true });
  await writeOwnedFile(passwordFile, credentials.superuserPassword, options.user);
  try {
    await runPostgresProgram(
      options.binaries.initdb,
      [
        ...['--pgdata', unfinished, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
        ...['--data-checksums', '--no-instructions', ...(options.durable ? [] : ['--no-sync'])],
      ],
      options.user,
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, dataFolder);
}

async function readOrMakeCredentials(
  home: string,
  user: PostgresUser | undefined,
  clusterExists: boolean,
): Promise<ClusterCredentials> {
  const file = passwordsFile(home);
  const existing = await readCredentials(home);
  if (existing) return existing;
  if (clusterExists) {
    throw new Error(`${file} is missing: it holds the passwords of the database beside it. Restore it from a backup.`);
  }
  const credentials = {
    superuserPassword: randomBytes(passwordBytes).toString('base64url'),
    password: randomBytes(passwordBytes).toString('base64url'),
  };
  await writeOwnedFile(file, JSON.stringify(credentials), user);
  return credentials;
}

const passwordsFile = (home: string) => join(home, 'passwords.json');

/** Undefined if none were made yet. */
export async function readCredentials(home: string): Promise<ClusterCredentials | undefined> {
  const file = passwordsFile(home);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { superuserPassword, password } = JSON.parse(text) as Partial<ClusterCredentials>;
  if (superuserPassword && password) return { superuserPassword, password };
  throw new Error(`${file} does not hold the two passwords of the database: restore it from a backup.`);
}

/** Makes the home of a cluster, or sees to it that it is its account's. */
export async function makeOwnedFolder(folder: string, user: PostgresUser | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!user) return;
  await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
}

/**
 * Writes a file that only the PostgreSQL user (and root) can read, whole or not at all. It belongs to that user even
 * when root writes it, so that Holdfast can later be run without root.
 */
export async function writeOwnedFile(file: string, text: string, user: PostgresUser | undefined): Promise<void> {
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  await writeFile(partial, text, { mode: 0o600, flush: true });
  if (user) await chown(partial, user.uid, user.gid);
  await rename(partial, file);
}
