import { readdir, readFile } from 'node:fs/promises';
import { type BridgeSql, bridgeSchema, openBridgeDatabase } from './open-bridge-database.ts';

const migrationsFolder = new URL('./migrations/', import.meta.url);
/** Any constant: the advisory lock that keeps two bridges from migrating at once. */
const migrationLock = 7_466_322;

/**
 * Brings the bridge's tables to this code's version: each missing migration, `NNNN-name.sql`, in a transaction of its
 * own. Refuses tables that are newer than the code.
 */
export async function migrateBridgeDatabase(url: string): Promise<void> {
  const sql = openBridgeDatabase(url, 1);
  try {
    await sql`SELECT pg_advisory_lock(${migrationLock})`;
    await applyMissing(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function applyMissing(sql: BridgeSql): Promise<void> {
  await sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${bridgeSchema}`);
  await sql`CREATE TABLE IF NOT EXISTS schema_version (
    number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
  const rows = await sql<{ number: number }[]>`SELECT number FROM schema_version`;
  const applied = new Set(rows.map(({ number }) => number));
  const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort();
  const newest = Math.max(0, ...files.map((file) => Number(file.slice(0, 4))));
  const current = Math.max(0, ...applied);
  if (current > newest) {
    throw new Error(`the bridge's tables have version ${current}, this bridge knows only ${newest}: start a newer one`);
  }
  for (const file of files) {
    const number = Number(file.slice(0, 4));
    if (applied.has(number)) continue;
    const text = await readFile(new URL(file, migrationsFolder), 'utf8');
    await sql.begin(async (transaction) => {
      await transaction.unsafe(text);
      await transaction`INSERT INTO schema_version (number, name) VALUES (${number}, ${file})`;
    });
  }
}
