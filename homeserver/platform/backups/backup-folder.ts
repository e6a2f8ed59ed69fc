import { access, chmod, chown, constants, lstat, mkdir, realpath, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresUser } from '../embedded-postgres/choose-postgres-user.ts';
import { writeOwnedFile } from '../embedded-postgres/initialize-cluster.ts';
import { canReach } from '../embedded-postgres/place-cluster.ts';
import { archiveCommand, writeArchivePrograms } from './archive-programs.ts';

export interface BackupFolderSettings {
  /** As configured; undefined: `backups` in the data folder. */
  readonly folder: string | undefined;
  readonly reserveBytes: number;
}

/** Where the files of the PostgreSQL that Holdfast runs are, and whose they are. */
export interface ClusterOwner {
  readonly dataDir: string;
  /** `postgresql` in the data folder, or where its link leads. */
  readonly home: string;
  readonly user: PostgresUser | undefined;
}

/** Where backups are kept. */
export interface BackupPlace {
  readonly folder: string;
  readonly home: string;
  readonly user: PostgresUser | undefined;
  /** On the volume of the database: what a lost disk takes along. */
  readonly isSameDisk: boolean;
  readonly archiveCommand: string;
  /** Why none can be made now, for people. */
  readonly problem: string | undefined;
}

/**
 * Marks a folder as one that has been prepared. Where it is missing the volume is not mounted, and what is written
 * there would fill another disk, unseen.
 */
export const markerName = 'holdfast-backups';

/** The archived logs. */
export const logFolder = (folder: string) => join(folder, 'wal');
/** The base backups, a folder each. */
export const baseFolder = (folder: string) => join(folder, 'base');

/**
 * Finds or makes the folder of backups and the programs that PostgreSQL archives with. A folder that cannot be used is
 * told as `problem`: the server runs without backups rather than not at all, and PostgreSQL keeps its logs for a while.
 */
export async function prepareBackupFolder(owner: ClusterOwner, settings: BackupFolderSettings): Promise<BackupPlace> {
  const { home, user } = owner;
  const wanted = settings.folder ?? (await placeDefault(owner));
  const folder = await realpath(wanted).catch(() => wanted);
  const problem = await makeUsable(folder, user);
  await writeArchivePrograms({ home, user, folder, reserveBytes: settings.reserveBytes });
  return {
    folder,
    home,
    user,
    problem,
    archiveCommand: archiveCommand(home),
    isSameDisk: await isSameDisk(folder, home),
  };
}

/** Finds the folder that a start prepared. Changes nothing. */
export async function findBackupFolder(owner: ClusterOwner, settings: BackupFolderSettings): Promise<BackupPlace> {
  const { home, user, dataDir } = owner;
  const wanted = settings.folder ?? join(dataDir, 'backups');
  const folder = await realpath(wanted).catch(() => wanted);
  const isMarked = await stat(join(folder, markerName)).catch(() => undefined);
  const problem = isMarked ? undefined : `${folder} has no backups of Holdfast in it`;
  return {
    folder,
    home,
    user,
    problem,
    archiveCommand: archiveCommand(home),
    isSameDisk: await isSameDisk(folder, home),
  };
}

/** PostgreSQL's account must get there: where it cannot, the backups are beside its other files, with a link to them. */
async function placeDefault({ dataDir, home, user }: ClusterOwner): Promise<string> {
  const folder = join(await realpath(dataDir), 'backups');
  if (await lstat(folder).catch(() => undefined)) return folder;
  if (!user || (await canReach(user, await realpath(dataDir)))) {
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }
  await mkdir(join(home, 'backups'), { recursive: true, mode: 0o700 });
  await symlink(join(home, 'backups'), folder);
  return folder;
}

/** Prepares the folder if it was not yet. Gives what is in the way, or undefined. */
export async function makeUsable(folder: string, user: PostgresUser | undefined): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) return `there is no folder ${folder}. Mount its volume, or make it`;
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    if (await stat(join(folder, markerName)).catch(() => undefined)) return undefined;
    // A folder that is new here becomes PostgreSQL's, who writes the logs into it.
    if (user) await chown(folder, user.uid, user.gid);
    if (user && !(await canReach(user, folder))) {
      return `PostgreSQL runs as "${user.name}", who cannot get to ${folder}. Let him pass: chmod o+x on each folder above it`;
    }
    await chmod(folder, 0o700);
    for (const inner of [logFolder(folder), baseFolder(folder)]) {
      await mkdir(inner, { recursive: true, mode: 0o700 });
      if (user) await chown(inner, user.uid, user.gid);
    }
    await writeOwnedFile(join(folder, markerName), 'docs/operating/backups.md tells what is here.\n', user);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function isSameDisk(folder: string, home: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(folder).catch(() => undefined), stat(home)]);
  return one?.dev === other.dev;
}
