import { createHash } from 'node:crypto';
import { access, constants, lstat, mkdir, realpath, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { choosePostgresUser, type PostgresUser } from './choose-postgres-user.ts';

export interface ClusterPlace {
  /** The real path of the folder for PostgreSQL's files; it may not exist yet. */
  readonly home: string;
  readonly user: PostgresUser | undefined;
}

/**
 * Decides where PostgreSQL's files are and to whom they belong: `postgresql` in the data folder. As root, PostgreSQL
 * runs under another account, which may be unable to get there (a repository below /root): the files then are below
 * /var/lib/holdfast, and `postgresql` is a symbolic link to them.
 */
export async function placeCluster(dataDir: string, fallbackParent = '/var/lib/holdfast'): Promise<ClusterPlace> {
  const isRoot = process.getuid?.() === 0;
  await mkdir(dataDir, { recursive: true, mode: isRoot ? 0o711 : 0o700 });
  await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK).catch(() => {
    throw new Error(`Holdfast may not write to its data folder ${dataDir}. ${adviseOwner(dataDir)}`);
  });
  const folder = join(await realpath(dataDir), 'postgresql');
  const existing = await lstat(folder).catch(() => undefined);
  if (existing?.isSymbolicLink()) {
    const home = await realpath(folder).catch(() => {
      throw new Error(`${folder} is a link to a folder that is not there. Mount or restore that folder.`);
    });
    await requireOwner(home);
    return { home, user: choosePostgresUser(home) };
  }
  await requireOwner(folder);
  const user = choosePostgresUser(folder);
  if (!user || (await canReach(user, dirname(folder)))) return { home: folder, user };
  if (existing) {
    throw new Error(
      `PostgreSQL runs as "${user.name}", who cannot get to ${folder}. ` +
        `Let him pass (chmod o+x on each folder above it), or run Holdfast as that user.`,
    );
  }
  const parts = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  await mkdir(fallbackParent, { recursive: true, mode: 0o711 });
  const home = join(await realpath(fallbackParent), `${basename(dirname(dirname(folder))) || 'data'}-${parts}`);
  await mkdir(home, { recursive: true, mode: 0o711 });
  await symlink(home, folder);
  return { home, user: choosePostgresUser(home) };
}

/** Without root, PostgreSQL runs as ourselves, and it refuses the files of others. */
async function requireOwner(home: string): Promise<void> {
  const owner = (await stat(home).catch(() => undefined))?.uid;
  const ownUid = process.getuid?.() ?? 0;
  if (owner === undefined || ownUid === 0 || owner === ownUid) return;
  throw new Error(`The database in ${home} belongs to another user (id ${owner}). ${adviseOwner(home)}`);
}

function adviseOwner(folder: string): string {
  return `Run Holdfast as its owner, or give it to the present user (as root): chown -R ${process.getuid?.()} ${folder}`;
}

/** True if `user` may enter the folder and all above it. Access lists beyond the mode bits are not looked at. */
export async function canReach(user: PostgresUser, folder: string): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = await stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
