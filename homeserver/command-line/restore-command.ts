import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { BackupError } from '../platform/backups/backup-error.ts';
import { type BackupPlace, prepareBackupFolder } from '../platform/backups/backup-folder.ts';
import { type BaseBackup, names, reachOf } from '../platform/backups/base-backup.ts';
import { fetchBackup } from '../platform/backups/bucket/fetch-backup.ts';
import type { ArchivedLog } from '../platform/backups/log-name.ts';
import {
  findMissingMedia,
  type MissingMedia,
  requireMediaRoom,
  restoreMedia,
} from '../platform/backups/media/restore-media.ts';
import { parseTargetMs } from '../platform/backups/replay/plan-replay.ts';
import { formatMebibytes, type RestoredCluster, restoreCluster } from '../platform/backups/restore-cluster.ts';
import { readSystemIdentifier } from '../platform/backups/system-identifier.ts';
import type { Config } from '../platform/config/config.ts';
import { mediaFolder } from '../platform/config/media-folder.ts';
import { findEmbeddedPostgres } from '../platform/embedded-postgres/find-embedded-postgres.ts';
import { type ClusterCredentials, makeOwnedFolder } from '../platform/embedded-postgres/initialize-cluster.ts';
import { lockDataFolder } from '../platform/embedded-postgres/lock-data-folder.ts';
import { placeCluster } from '../platform/embedded-postgres/place-cluster.ts';
import { preparePostgresBinaries } from '../platform/embedded-postgres/prepare-postgres-binaries.ts';
import { findPostgresPrograms } from '../platform/embedded-postgres/upgrade/find-postgres-programs.ts';
import { findPlace, formatBackup, readAll, requireEmbedded } from './backup-commands.ts';
import { type Command, CommandError, type CommandInput, type CommandTerminal } from './command.ts';
import { openBackupBucket } from './keep-backups.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';
import { describeCluster, isNameTyped, programsOption, switchFolders } from './replace-cluster.ts';
import { untilCancelled } from './until-cancelled.ts';

export const restoreCommand: Command = {
  summary:
    'Put the database back to a point in time: into a fresh folder first, checked, then in place of the present one.',
  options: {
    ...configOptions,
    to: { type: 'string', help: 'The time, such as 2026-11-26T08:30:00Z, or `latest`: as far as the logs go.' },
    backup: {
      type: 'string',
      help: 'Begin with this base backup; otherwise with the newest that is good for the time.',
    },
    timeline: {
      type: 'string',
      help: 'Follow this history, where the database was restored before; otherwise the newest.',
    },
    programs: programsOption,
  },
  async run(input, terminal) {
    const { config } = loadCommandConfig(input);
    requireEmbedded(config);
    if ((await findEmbeddedPostgres(config.dataDir))?.pid !== undefined) {
      throw new CommandError('The database is running: end Holdfast first.');
    }
    await mkdir(config.dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const lock = lockOrThrow(config);
    try {
      return await restoreDatabase(config, await preparePlace(config), input, terminal);
    } finally {
      lock.release();
    }
  },
};

/** Where nothing is yet, as on a new machine, its place is made. */
async function preparePlace({ dataDir, backup }: Config): Promise<BackupPlace> {
  try {
    const { home, user } = await placeCluster(dataDir);
    await makeOwnedFolder(home, user);
    return await prepareBackupFolder({ dataDir, home, user }, backup);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

function lockOrThrow({ dataDir }: Config) {
  try {
    return lockDataFolder(dataDir);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

async function restoreDatabase(config: Config, place: BackupPlace, input: CommandInput, terminal: CommandTerminal) {
  const targetTime = readTarget(input);
  if (place.problem === undefined) await fetchFromBucket(config, place, targetTime, input, terminal);
  const { backups, logs } = await readAll(place);
  const backup = chooseBackup(backups, logs, targetTime, input.options['backup']);
  terminal.print(`from${formatBackup(backup, logs)}`);
  const credentials = JSON.parse(await readFile(join(backup.folder, names.passwords), 'utf8')) as ClusterCredentials;
  const present = join(place.home, 'data');
  const into = join(place.home, 'data.restored');
  const binaries = await findBinaries(backup, place, input);
  const timeline = readTimeline(input);
  const replaced = (await readSystemIdentifier(present)) === backup.manifest.systemIdentifier ? present : undefined;
  const restored = await untilCancelled((signal) =>
    restoreCluster({
      ...{ place, backup, logs, credentials, into, targetTime, timeline, binaries, replaced, signal },
      clock: systemClock,
      say: (text) => terminal.print(text),
    }),
  ).catch((error: Error) => {
    throw new CommandError(`It could not be restored, and the present database is as it was: ${error.message}`);
  });
  terminal.print(describe('restored', restored));
  const missing = await findMissing(config, place, terminal);
  const name = config.serverName ?? restored.serverName ?? 'holdfast';
  terminal.print(`to be replaced: ${await describeCluster(present, name, backups)}`);
  if (!(await isNameTyped(terminal, name, 'put the restored database in its place'))) {
    await rm(into, { recursive: true, force: true });
    throw new CommandError('Nothing was changed.');
  }
  // First: files that nobody refers to do no harm, and a database whose files are missing would.
  if (missing) await bringBack(config, missing, terminal);
  const aside = await switchFolders(place, { present, into, aside: 'replaced' }, credentials);
  if (aside)
    terminal.print(`The database that was replaced is in ${aside}. When all is well: holdfast database discard`);
  terminal.print('Done. Start Holdfast; it makes a new base backup soon after.');
  return 0;
}

/** Only the major version that made a backup can read it. */
async function findBinaries({ manifest }: BaseBackup, { home, user }: BackupPlace, { options }: CommandInput) {
  const binaries = await preparePostgresBinaries(user, home);
  const major = Number.parseInt(manifest.postgresVersion, 10);
  if (Number.parseInt(binaries.version, 10) === major) return binaries;
  const given = typeof options['programs'] === 'string' ? options['programs'] : undefined;
  const found = await findPostgresPrograms(major, { given, home, user }).catch((error: Error) => {
    throw new CommandError(error.message);
  });
  return { ...binaries, ...found };
}

/** Brings what the restore needs from the bucket, where there is one. Where it is away, what is in the folder must do. */
async function fetchFromBucket(
  config: Config,
  place: BackupPlace,
  targetTime: string | undefined,
  { options: { backup: id } }: CommandInput,
  terminal: CommandTerminal,
): Promise<void> {
  const bucket = await openBackupBucket(config);
  if (!bucket) return;
  try {
    await fetchBackup({
      ...{ bucket, place, id: typeof id === 'string' ? id : undefined, beforeMs: targetMsOf(targetTime) },
      ...{ reserveBytes: config.backup.reserveBytes, clock: systemClock, say: (text) => terminal.print(text) },
    });
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    terminal.print(`Nothing comes from the bucket: ${error.message}`);
    terminal.print('What follows goes by the folder alone, which may know less.');
  } finally {
    bucket.close();
  }
}

const targetMsOf = (targetTime: string | undefined) =>
  targetTime === undefined ? Number.POSITIVE_INFINITY : parseTargetMs(targetTime);

/** Tells which files of the media store are to come back. Throws where they have no room, before anything is changed. */
async function findMissing(config: Config, { folder }: BackupPlace, terminal: CommandTerminal) {
  const missing = await findMissingMedia(folder, mediaFolder(config));
  const { store, files, sizeBytes } = missing;
  terminal.print(`media: ${files.length} files (${formatMebibytes(sizeBytes)}) are in the backup and not in ${store}`);
  if (files.length === 0) return undefined;
  await requireMediaRoom(missing, config.backup.reserveBytes).catch((error: Error) => {
    throw new CommandError(`${error.message}. Nothing was changed.`);
  });
  return missing;
}

async function bringBack(config: Config, missing: MissingMedia, terminal: CommandTerminal): Promise<boolean> {
  const { reserveBytes } = config.backup;
  const say = (text: string) => terminal.print(text);
  const { files, damaged } = await restoreMedia(missing, { clock: systemClock, reserveBytes, say });
  terminal.print(`media: ${files} files are back`);
  for (const name of damaged) terminal.print(`  ${name}: DAMAGED in the backup, left out`);
  return damaged.length === 0;
}

/** Media alone, which replaces nothing: what the store has stays as it is. */
export const restoreMediaCommand: Command = {
  summary: 'Put back the files of the media store that are in the backup and missing there. Replaces nothing.',
  options: configOptions,
  async run(input, terminal) {
    const { config } = loadCommandConfig(input);
    const place = await findPlace(config);
    if (place.problem) throw new CommandError(place.problem);
    const missing = await findMissing(config, place, terminal);
    return !missing || (await bringBack(config, missing, terminal)) ? 0 : 1;
  },
};

function readTarget({ options: { to } }: CommandInput): string | undefined {
  if (typeof to !== 'string')
    throw new CommandError('To which time? Such as --to 2026-11-26T08:30:00Z, or --to latest');
  if (to === 'latest') return undefined;
  const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(to);
  if (!isTime || Number.isNaN(Date.parse(to))) {
    throw new CommandError(`"${to}" is no time with its zone, such as 2026-11-26T08:30:00Z.`);
  }
  // PostgreSQL does not know the zone Z here.
  return to.replace('T', ' ').replace('Z', '+00');
}

function readTimeline({ options: { timeline } }: CommandInput): number | undefined {
  if (typeof timeline !== 'string') return undefined;
  if (!/^[1-9]\d{0,8}$/.test(timeline)) throw new CommandError('A timeline is a number from 1 on.');
  return Number(timeline);
}

/** The newest base backup from before the time that has its logs; one that was checked goes before others. */
export function chooseBackup(
  backups: readonly BaseBackup[],
  logs: readonly ArchivedLog[],
  targetTime: string | undefined,
  id: string | boolean | undefined,
): BaseBackup {
  if (typeof id === 'string') {
    const named = backups.find((backup) => backup.id === id);
    if (!named) throw new CommandError(`There is no base backup ${id}: holdfast backup list`);
    return named;
  }
  const targetMs = targetMsOf(targetTime);
  const usable = backups.filter(
    (backup) => Date.parse(backup.manifest.endedAt) <= targetMs && reachOf(backup, logs).isWhole,
  );
  const chosen = usable.findLast(({ verifiedAt }) => verifiedAt !== undefined) ?? usable.at(-1);
  if (!chosen) throw new CommandError('No base backup goes back to that time: holdfast backup list');
  return chosen;
}

function describe(what: string, cluster: RestoredCluster): string {
  const { sizeBytes, tables, rows, events, serverName, lastWriteAt } = cluster;
  const parts = [
    `server name ${serverName ?? 'not given yet'}`,
    `${formatMebibytes(sizeBytes)}, ${tables} tables, ${rows} rows${events === undefined ? '' : `, ${events} events`}`,
    `last write ${lastWriteAt ?? 'that of the base backup'}`,
  ];
  return `${what}: ${parts.join('; ')}`;
}
