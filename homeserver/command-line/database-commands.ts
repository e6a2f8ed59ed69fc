import { readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { type BackupPlace, prepareBackupFolder } from '../platform/backups/backup-folder.ts';
import { listBaseBackups } from '../platform/backups/base-backup.ts';
import { listArchivedLogs } from '../platform/backups/log-name.ts';
import { makeBaseBackup } from '../platform/backups/make-base-backup.ts';
import { formatMebibytes } from '../platform/backups/restore-cluster.ts';
import { verifyBaseBackup } from '../platform/backups/verify-base-backup.ts';
import type { Config } from '../platform/config/config.ts';
import { choosePostgresUser } from '../platform/embedded-postgres/choose-postgres-user.ts';
import { findEmbeddedPostgres } from '../platform/embedded-postgres/find-embedded-postgres.ts';
import { type ClusterCredentials, readCredentials } from '../platform/embedded-postgres/initialize-cluster.ts';
import { lockDataFolder } from '../platform/embedded-postgres/lock-data-folder.ts';
import {
  type PostgresBinaries,
  preparePostgresBinaries,
} from '../platform/embedded-postgres/prepare-postgres-binaries.ts';
import { findPostgresPrograms } from '../platform/embedded-postgres/upgrade/find-postgres-programs.ts';
import { readClusterMajor, upgradeCluster } from '../platform/embedded-postgres/upgrade/upgrade-cluster.ts';
import { requireEmbedded } from './backup-commands.ts';
import { type Command, CommandError, type CommandInput, type CommandTerminal } from './command.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';
import { describeCluster, isNameTyped, programsOption, switchFolders } from './replace-cluster.ts';

export const databaseUpgradeCommand: Command = {
  summary: "Copy the database into one of this PostgreSQL's major version: backed up first, compared, then switched.",
  options: { ...configOptions, programs: programsOption },
  async run(input, terminal) {
    const { config } = loadCommandConfig(input);
    return withStoppedDatabase(config, (home) => upgrade(config, home, input, terminal));
  },
};

export const databaseDiscardCommand: Command = {
  summary: 'Delete databases that a restore or an upgrade replaced, after showing what they are.',
  options: configOptions,
  async run(input, terminal) {
    const { config } = loadCommandConfig(input);
    requireEmbedded(config);
    const home = await findHome(config);
    const replaced = (await readdir(home)).filter((name) => /^data\.(replaced|postgresql-\d+)-/.test(name)).sort();
    if (replaced.length === 0) {
      terminal.print('There is none.');
      return 0;
    }
    const name = config.serverName ?? 'holdfast';
    const { folder } = await findPlaceOf(config, home);
    const backups = await listBaseBackups(folder);
    for (const each of replaced) {
      terminal.print(`to be deleted: ${await describeCluster(join(home, each), name, backups, 'former primary')}`);
    }
    terminal.print(`stays: ${await describeCluster(join(home, 'data'), name, backups)}`);
    if (!(await isNameTyped(terminal, name, `delete ${replaced.length === 1 ? 'it' : `all ${replaced.length}`}`))) {
      throw new CommandError('Nothing was deleted.');
    }
    for (const each of replaced) await rm(join(home, each), { recursive: true, force: true });
    terminal.print('Deleted.');
    return 0;
  },
};

async function findHome({ dataDir }: Config): Promise<string> {
  return realpath(join(dataDir, 'postgresql')).catch(() => {
    throw new CommandError(`There is no database in ${dataDir} yet: start Holdfast once.`);
  });
}

async function findPlaceOf({ dataDir, backup }: Config, home: string): Promise<BackupPlace> {
  return prepareBackupFolder({ dataDir, home, user: choosePostgresUser(home) }, backup);
}

async function withStoppedDatabase(config: Config, work: (home: string) => Promise<number>): Promise<number> {
  requireEmbedded(config);
  const home = await findHome(config);
  if ((await findEmbeddedPostgres(config.dataDir))?.pid !== undefined) {
    throw new CommandError('The database is running: end Holdfast first.');
  }
  let lock: ReturnType<typeof lockDataFolder>;
  try {
    lock = lockDataFolder(config.dataDir);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
  try {
    return await work(home);
  } finally {
    lock.release();
  }
}

async function upgrade(config: Config, home: string, input: CommandInput, terminal: CommandTerminal): Promise<number> {
  const user = choosePostgresUser(home);
  const binaries = await preparePostgresBinaries(user, home);
  const present = join(home, 'data');
  const [from, to] = [await readClusterMajor(present), Number.parseInt(binaries.version, 10)];
  if (from === to) {
    terminal.print(`The database is of PostgreSQL ${to} already: there is nothing to do.`);
    return 0;
  }
  const credentials = await readCredentials(home);
  if (from === undefined || !credentials) throw new CommandError(`There is no database in ${present}.`);
  if (from > to) {
    throw new CommandError(`The database is of PostgreSQL ${from}, this Holdfast brings ${to}: take a newer Holdfast.`);
  }
  const given = typeof input.options['programs'] === 'string' ? input.options['programs'] : undefined;
  const oldProgram = await findPostgresPrograms(from, { given, home, user }).catch(explain);
  const place = await findPlaceOf(config, home);
  if (place.problem)
    throw new CommandError(`There can be no backup, and without one nothing is upgraded: ${place.problem}`);
  const into = join(home, 'data.upgraded');
  terminal.print(`PostgreSQL ${oldProgram.version} runs, and a base backup is made`);
  const { reserveBytes } = config.backup;
  const made = await upgradeCluster({
    ...{ cluster: { home, dataFolder: present, user, credentials }, oldProgram, binaries, into, reserveBytes },
    ...{ archiveCommand: place.archiveCommand, clock: systemClock, say: (text: string) => terminal.print(text) },
    backUp: (superuserUrl) => backUpFirst(place, superuserUrl, reserveBytes, terminal),
  }).catch(explain);
  terminal.print(
    `copied and compared: ${made.tables} tables, ${made.rows} rows; ` +
      `${formatMebibytes(made.oldSizeBytes)} became ${formatMebibytes(made.sizeBytes)}`,
  );
  return switchTo({ config, place, binaries, credentials, present, into, from }, terminal);
}

function explain(error: Error): never {
  throw new CommandError(`It could not be upgraded, and the database is as it was: ${error.message}`);
}

async function backUpFirst(
  place: BackupPlace,
  superuserUrl: string,
  reserveBytes: number,
  terminal: CommandTerminal,
): Promise<void> {
  const id = await makeBaseBackup({ place, superuserUrl, reserveBytes, clock: systemClock });
  const backup = (await listBaseBackups(place.folder)).find((each) => each.id === id);
  if (!backup) throw new Error(`the base backup ${id} cannot be read`);
  const logs = await listArchivedLogs(place.folder);
  const problems = await verifyBaseBackup(backup, logs, { clock: systemClock, user: place.user });
  if (problems.length > 0) throw new Error(`the base backup ${id} is not good: ${problems.join('; ')}`);
  terminal.print(`made ${id} in ${place.folder} and checked it`);
}

async function switchTo(
  parts: {
    readonly config: Config;
    readonly place: BackupPlace;
    readonly binaries: PostgresBinaries;
    readonly credentials: ClusterCredentials;
    readonly present: string;
    readonly into: string;
    readonly from: number;
  },
  terminal: CommandTerminal,
): Promise<number> {
  const { config, place, binaries, credentials, present, into, from } = parts;
  const name = config.serverName ?? 'holdfast';
  const backups = await listBaseBackups(place.folder);
  terminal.print(`to be replaced: ${await describeCluster(present, name, backups)}`);
  if (!(await isNameTyped(terminal, name, `put the database of PostgreSQL ${binaries.version} in its place`))) {
    await rm(into, { recursive: true, force: true });
    throw new CommandError('Nothing was changed.');
  }
  const aside = await switchFolders(place, { present, into, aside: `postgresql-${from}` }, credentials);
  terminal.print(`The former database is in ${aside}. When all is well: holdfast database discard`);
  terminal.print('Done. Start Holdfast; it makes a new base backup soon after.');
  return 0;
}
