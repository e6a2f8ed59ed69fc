import { readdir, readFile } from 'node:fs/promises';
import postgres from 'postgres';

export type MonitorSql = postgres.Sql<{ bigint: number }>;

const bigintType = 20;
const statementTimeoutMs = 3_000;
const reconnectAfterSeconds = 0.5;
/** Any constant: the advisory lock that keeps two monitors from migrating at once. */
const migrationLock = 7_466_331;
const migrationsFolder = new URL('./migrations/', import.meta.url);

/** The schema of the monitor's tables; everything else in the database belongs to others. */
export const monitorSchema = 'monitor';

/** Opens a small pool. A lost connection is opened again by the next query. */
export function openMonitorDatabase(url: string): MonitorSql {
  const settings: object = {
    max: 2,
    connect_timeout: 3,
    keep_alive: 10,
    backoff: () => reconnectAfterSeconds,
    target_session_attrs: 'primary',
    onnotice: () => {},
    connection: {
      application_name: 'holdfast monitor',
      search_path: monitorSchema,
      statement_timeout: statementTimeoutMs,
      lock_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
    },
    fetch_types: false,
    // Counters and milliseconds stay far below 2^53.
    types: { bigint: { to: bigintType, from: [bigintType], serialize: String, parse: Number } },
  };
  return postgres(url, settings) as unknown as MonitorSql;
}

/**
 * Brings the monitor's tables to this code's version: each missing migration, `NNNN-name.sql`, in a transaction of its
 * own. Refuses tables that are newer than the code.
 */
export async function migrateMonitorDatabase(sql: MonitorSql): Promise<void> {
  const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort();
  await sql.begin(async (transaction) => {
    await transaction`SELECT pg_advisory_xact_lock(${migrationLock})`;
    await transaction.unsafe(`CREATE SCHEMA IF NOT EXISTS ${monitorSchema}`);
    await transaction`CREATE TABLE IF NOT EXISTS schema_version (
      number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
    const rows = await transaction<{ number: number }[]>`SELECT number FROM schema_version`;
    const applied = new Set(rows.map(({ number }) => number));
    const newest = Number(files.at(-1)?.slice(0, 4));
    const current = Math.max(0, ...applied);
    if (current > newest)
      throw new Error(`the monitor's tables have version ${current}, this one knows only ${newest}`);
    for (const file of files) {
      const number = Number(file.slice(0, 4));
      if (applied.has(number)) continue;
      await transaction.unsafe(await readFile(new URL(file, migrationsFolder), 'utf8'));
      await transaction`INSERT INTO schema_version (number, name) VALUES (${number}, ${file})`;
    }
  });
}
