import { readdir, readFile } from 'node:fs/promises';
import { openDatabase, type Sql } from './open-database.ts';

const migrationsFolder = new URL('../../storage/migrations/', import.meta.url);
/** Any constant: the advisory lock that keeps two processes from migrating at once. */
const migrationLock = 7_466_321;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
}

/** All migrations in order. Each file is `NNNN-name.sql`; a number is never given twice, and may be left out. */
export async function readMigrations(): Promise<Migration[]> {
  const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file, index) => {
      const number = Number(file.slice(0, 4));
      if (!(number > 0)) throw new Error(`migration ${file} has no number`);
      if (number === Number(files[index - 1]?.slice(0, 4))) throw new Error(`migration ${file}: the number is taken`);
      return { number, name: file, text: await readFile(new URL(file, migrationsFolder), 'utf8') };
    }),
  );
}

/**
 * Brings the database's schema to this code's version: each missing migration in a transaction of its own, one process
 * at a time. Refuses a database that is newer than the code.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const sql = openDatabase({ url, poolSize: 1, applicationName: 'holdfast migrate', statementTimeoutMs: 600_000 });
  try {
    await applyMigrations(sql, await readMigrations());
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** As migrateDatabase, with the migrations given (for tests of the guard). `sql` must be a pool of one connection. */
export async function applyMigrations(sql: Sql, migrations: readonly Migration[]): Promise<void> {
  await sql`SELECT pg_advisory_lock(${migrationLock})`;
  try {
    await sql`CREATE TABLE IF NOT EXISTS schema_version (
      number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
    const rows = await sql<{ number: number }[]>`SELECT number FROM schema_version`;
    const applied = new Set(rows.map(({ number }) => number));
    const current = Math.max(0, ...applied);
    const newest = migrations.at(-1)?.number ?? 0;
    if (current > newest) {
      throw new Error(
        `the database has schema version ${current}, this Holdfast knows only ${newest}: start a newer Holdfast`,
      );
    }
    for (const migration of migrations.filter((candidate) => !applied.has(candidate.number))) {
      await sql.begin(async (transaction) => {
        await transaction.unsafe(migration.text);
        await transaction`INSERT INTO schema_version (number, name) VALUES (${migration.number}, ${migration.name})`;
      });
    }
  } finally {
    await sql`SELECT pg_advisory_unlock(${migrationLock})`;
  }
}
