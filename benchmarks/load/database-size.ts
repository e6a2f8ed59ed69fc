import type { Sql } from 'postgres';

/** Where a database stood at one moment. */
export interface DatabaseSize {
  readonly databaseBytes: bigint;
  /** Write-ahead log written by the whole cluster since it was made. */
  readonly logBytes: bigint;
  /** Each table with its indexes and out-of-line values. */
  readonly tableBytes: ReadonlyMap<string, bigint>;
}

export interface DatabaseGrowth {
  readonly databaseBytes: number;
  readonly logBytes: number;
  /** Tables with their indexes and out-of-line values, fastest growing first. */
  readonly tables: readonly { readonly table: string; readonly bytes: number }[];
}

/** Size of the connection's own database and of the log. Nothing else may be using the cluster meanwhile. */
export async function readDatabaseSize(sql: Sql): Promise<DatabaseSize> {
  const [row] = await sql`
    SELECT pg_database_size(current_database()) AS database,
           pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS log`;
  const tables = await sql`
    SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`;
  return {
    databaseBytes: BigInt(row?.database ?? 0),
    logBytes: BigInt(row?.log ?? 0),
    tableBytes: new Map(tables.map((table) => [String(table.name), BigInt(table.bytes)])),
  };
}

/** What was added between two readings. */
export function databaseGrowth(before: DatabaseSize, after: DatabaseSize): DatabaseGrowth {
  const tables = [...after.tableBytes]
    .map(([table, bytes]) => ({ table, bytes: Number(bytes - (before.tableBytes.get(table) ?? 0n)) }))
    .filter((growth) => growth.bytes !== 0)
    .sort((one, other) => other.bytes - one.bytes);
  return {
    databaseBytes: Number(after.databaseBytes - before.databaseBytes),
    logBytes: Number(after.logBytes - before.logBytes),
    tables,
  };
}
