import type { Sql } from '../../platform/database/open-database.ts';

export interface ProcessRow {
  readonly id: string;
  readonly address: string;
  readonly startedAt: Date;
  /** Seconds since it last said that it is alive, by the database's clock. */
  readonly silentSeconds: number;
}

export interface ShardRow {
  readonly id: number;
  readonly epoch: number;
  readonly position: number;
  readonly owner: string | null;
  /** False once the lease has run out. */
  readonly isHeld: boolean;
}

/** The processes over this database, the oldest first, those that died lately included. */
export async function readProcesses(sql: Sql): Promise<ProcessRow[]> {
  return sql<ProcessRow[]>`SELECT id, address, started_at AS "startedAt",
    extract(epoch FROM clock_timestamp() - seen_at)::float8 AS "silentSeconds" FROM process ORDER BY started_at`;
}

export async function readShards(sql: Sql): Promise<ShardRow[]> {
  return sql<ShardRow[]>`SELECT id, epoch, position, owner, lease_until > clock_timestamp() AS "isHeld"
    FROM shard ORDER BY id`;
}
