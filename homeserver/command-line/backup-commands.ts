import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { BackupError } from '../platform/backups/backup-error.ts';
import { type BackupPlace, findBackupFolder } from '../platform/backups/backup-folder.ts';
import { type BaseBackup, listBaseBackups, reachOf, sizeOf } from '../platform/backups/base-backup.ts';
import type { Bucket } from '../platform/backups/bucket/bucket.ts';
import { BucketMirror } from '../platform/backups/bucket/bucket-mirror.ts';
import { listObjects } from '../platform/backups/bucket/objects.ts';
import { listStoredBackups } from '../platform/backups/bucket/stored-backups.ts';
import { verifyBucket } from '../platform/backups/bucket/verify-bucket.ts';
import { type ArchivedLog, listArchivedLogs } from '../platform/backups/log-name.ts';
import { readLostLogs } from '../platform/backups/lost-logs.ts';
import { makeBaseBackup } from '../platform/backups/make-base-backup.ts';
import { backUpMedia } from '../platform/backups/media/back-up-media.ts';
import { oldestNeededMs } from '../platform/backups/media/keep-media.ts';
import { measureMedia, verifyMedia } from '../platform/backups/media/verify-media.ts';
import { formatMebibytes } from '../platform/backups/restore-cluster.ts';
import { verifyBaseBackup } from '../platform/backups/verify-base-backup.ts';
import type { Config } from '../platform/config/config.ts';
import { mediaFolder } from '../platform/config/media-folder.ts';
import { choosePostgresUser } from '../platform/embedded-postgres/choose-postgres-user.ts';
import { findEmbeddedPostgres } from '../platform/embedded-postgres/find-embedded-postgres.ts';
import { type Command, CommandError, type CommandTerminal } from './command.ts';
import { formatTime } from './format-times.ts';
import { openBackupBucket } from './keep-backups.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';

export const backupNowCommand: Command = {
  summary: 'Make a base backup of the PostgreSQL that Holdfast runs, bring new media, and check both.',
  options: configOptions,
  async run(input, terminal) {
    const { config } = loadCommandConfig(input);
    const place = await findPlace(config);
    const found = await findEmbeddedPostgres(config.dataDir);
    if (found?.pid === undefined) throw new CommandError('The database is not running: start Holdfast first.');
    const { superuserUrl } = found;
    const { reserveBytes } = config.backup;
    try {
      const id = await makeBaseBackup({ place, superuserUrl, reserveBytes, clock: systemClock });
      terminal.print(`Made ${id} in ${place.folder}`);
      const areMediaGood = await bringMedia(config, place, terminal);
      const isGood = (await verifyAll(place, terminal, id)) === 0;
      await storeInBucket(config, place, terminal);
      return areMediaGood && isGood ? 0 : 1;
    } catch (error) {
      throw error instanceof BackupError ? new CommandError(error.message) : error;
    }
  },
};

export const backupListCommand: Command = {
  summary: 'Show the backups: their sizes, when they were checked, and which times can be restored.',
  options: configOptions,
  async run(input, terminal) {
    const { config } = loadCommandConfig(input);
    const place = await findPlace(config);
    const { backups, logs } = await readAll(place);
    terminal.print(`${place.folder}: ${backups.length} base backups, ${logs.length} logs`);
    if (place.isSameDisk && config.backup.bucket.endpoint === undefined)
      terminal.print('On the same disk as the database: a lost disk takes them along (backup.folder).');
    for (const backup of backups) terminal.print(formatBackup(backup, logs));
    const lost = await readLostLogs(place.home);
    const media = await measureMedia(place.folder);
    terminal.print(`media: ${media.files} files, ${formatMebibytes(media.sizeBytes)}`);
    await listBucket(config, terminal);
    if (lost.length > 0) terminal.print(`${lost.length} logs were given up: a new base backup is due.`);
    return backups.length > 0 ? 0 : 1;
  },
};

export const backupVerifyCommand: Command = {
  summary: 'Read backups from one end to the other and say whether they can be restored.',
  options: {
    ...configOptions,
    backup: { type: 'string', help: 'Only this one; otherwise all.' },
    bucket: { type: 'boolean', help: 'What is in the bucket, instead of what is in the folder: all of it is read.' },
  },
  async run(input, terminal) {
    const { backup } = input.options;
    const { config } = loadCommandConfig(input);
    if (input.options['bucket'] === true) return checkBucket(config, terminal);
    const place = await findPlace(config);
    const databases = await verifyAll(place, terminal, typeof backup === 'string' ? backup : undefined);
    if (typeof backup === 'string') return databases;
    return (await checkMedia(place, terminal)) ? databases : 1;
  },
};

/** Stores in the bucket, where there is one, what it lacks. */
async function storeInBucket(config: Config, { folder }: BackupPlace, terminal: CommandTerminal): Promise<void> {
  const bucket = await openBackupBucket(config);
  if (!bucket) return;
  try {
    const count = await new BucketMirror({ bucket, folder, clock: systemClock, log: silentLog }).pass();
    terminal.print(`bucket: ${count} files were new in ${formatBucket(bucket)}`);
  } finally {
    bucket.close();
  }
}

const formatBucket = ({ place: { endpoint, bucket, prefix } }: Bucket) => `${endpoint}/${bucket}/${prefix}`;

async function listBucket(config: Config, terminal: CommandTerminal): Promise<void> {
  const bucket = await openBackupBucket(config);
  if (!bucket) return;
  try {
    const objects = await Array.fromAsync(listObjects(bucket, ''));
    const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0);
    terminal.print(`bucket ${formatBucket(bucket)}: ${objects.length} files, ${formatMebibytes(sizeBytes)}`);
    for (const { id, isVerified } of listStoredBackups(new Set(objects.map(({ key }) => key)))) {
      terminal.print(`  ${id}  ${isVerified ? 'checked before it was stored' : 'NOT CHECKED'}`);
    }
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    terminal.print(`bucket ${formatBucket(bucket)}: CANNOT BE READ: ${error.message}`);
  } finally {
    bucket.close();
  }
}

async function checkBucket(config: Config, terminal: CommandTerminal): Promise<number> {
  const bucket = await openBackupBucket(config);
  if (!bucket) throw new CommandError('No bucket is configured: backup.bucket');
  try {
    const say = (text: string) => terminal.print(text);
    const { backups, objects, sizeBytes, problems } = await verifyBucket(bucket, { clock: systemClock, say });
    const verdict = problems.length === 0 ? 'good' : 'NOT GOOD';
    terminal.print(
      `bucket ${formatBucket(bucket)}: ${backups} base backups, ${objects} files, ${formatMebibytes(sizeBytes)}  ${verdict}`,
    );
    for (const problem of problems) terminal.print(`  ${problem}`);
    return problems.length === 0 && backups > 0 ? 0 : 1;
  } catch (error) {
    throw error instanceof BackupError ? new CommandError(error.message) : error;
  } finally {
    bucket.close();
  }
}

/** Copies what the media store has and the backup has not. Gives whether all of it is sound. */
async function bringMedia(config: Config, { folder }: BackupPlace, terminal: CommandTerminal): Promise<boolean> {
  const { reserveBytes, keepWeeks } = config.backup;
  const { damaged, ...found } = await backUpMedia({
    ...{ store: mediaFolder(config), folder, reserveBytes, clock: systemClock },
    forgetGoneBeforeMs: await oldestNeededMs(folder, keepWeeks),
    say: (text) => terminal.print(text),
  });
  const copied = `${found.copiedFiles} of them (${formatMebibytes(found.copiedBytes)}) were new`;
  terminal.print(`media: ${found.files} files, ${formatMebibytes(found.sizeBytes)}; ${copied}`);
  for (const name of damaged) terminal.print(`  ${name}: DAMAGED in the media store, not copied`);
  return damaged.length === 0;
}

async function checkMedia({ folder }: BackupPlace, terminal: CommandTerminal): Promise<boolean> {
  const say = (text: string) => terminal.print(text);
  const { files, sizeBytes, problems } = await verifyMedia(folder, { clock: systemClock, say });
  const verdict = problems.length === 0 ? 'good' : 'NOT GOOD';
  terminal.print(`media: ${files} files, ${formatMebibytes(sizeBytes)}  ${verdict}`);
  for (const problem of problems) terminal.print(`  ${problem}`);
  return problems.length === 0;
}

/** Where the backups of the embedded PostgreSQL are. Throws where there is none. */
export async function findPlace(config: Config): Promise<BackupPlace> {
  requireEmbedded(config);
  const { dataDir, backup } = config;
  const home = await realpath(join(dataDir, 'postgresql')).catch(() => {
    throw new CommandError(`There is no database in ${dataDir} yet: start Holdfast once.`);
  });
  return findBackupFolder({ dataDir, home, user: choosePostgresUser(home) }, backup);
}

export function requireEmbedded(config: Config): void {
  if (config.database.url !== undefined) {
    throw new CommandError(
      'Holdfast backs up the PostgreSQL that it runs itself. Yours (database.url) is backed up by its own means: ' +
        'docs/operating/postgresql-cluster.md',
    );
  }
}

export async function readAll({ folder, problem }: BackupPlace) {
  if (problem) throw new CommandError(problem);
  const [backups, logs] = await Promise.all([listBaseBackups(folder), listArchivedLogs(folder)]);
  return { backups, logs };
}

export function formatBackup(backup: BaseBackup, logs: readonly ArchivedLog[]): string {
  const { id, manifest, storedBytes, verifiedAt } = backup;
  const { isWhole, untilMs } = reachOf(backup, logs);
  const parts = [
    id,
    `PostgreSQL ${manifest.postgresVersion}`,
    `${formatMebibytes(sizeOf(backup))}, ${formatMebibytes(storedBytes)} stored`,
    verifiedAt === undefined ? 'NOT CHECKED' : `checked ${formatTime(Date.parse(verifiedAt))}`,
    isWhole && untilMs !== undefined
      ? `restores any time from ${formatTime(Date.parse(manifest.endedAt))} to ${formatTime(untilMs)}`
      : 'CANNOT BE RESTORED: logs are missing',
  ];
  return `  ${parts.join('  ')}`;
}

async function verifyAll(place: BackupPlace, terminal: CommandTerminal, only: string | undefined): Promise<number> {
  const { backups, logs } = await readAll(place);
  const chosen = backups.filter(({ id }) => only === undefined || id === only);
  if (chosen.length === 0) throw new CommandError(`There is no ${only ?? 'base backup'} in ${place.folder}.`);
  let bad = 0;
  for (const backup of chosen) {
    const problems = await verifyBaseBackup(backup, logs, { clock: systemClock, user: place.user });
    terminal.print(`${backup.id}  ${problems.length === 0 ? 'good' : 'NOT GOOD'}`);
    for (const problem of problems) terminal.print(`  ${problem}`);
    if (problems.length > 0) bad += 1;
  }
  return bad === 0 ? 0 : 1;
}
