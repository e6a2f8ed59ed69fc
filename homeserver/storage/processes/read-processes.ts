import type { Sql } from '../../platform/database/open-database.ts';

export interface ProcessRow {
  readonly id: string;
  readonly address: string;
  readonly startedAt: Date;
  /** Seconds since it last said that it is alive, by the database's clock. */
  readonly silentSeconds: number;
  /** False while it ends, rests, or has a wrong clock. */
  readonly takesShards: boolean;
  /** An operator asked it to give its shards to the others. */
  readonly rests: boolean;
  /** Of its machine, less the database's. */
  readonly clockOffsetMs: number;
}

export interface ShardRow {
  readonly id: number;
  readonly epoch: number;
  readonly position: number;
  readonly owner: string | null;
  /** False once the lease has run out. */
  readonly isHeld: boolean;
  /** Until the lease runs out, by the database's clock; negative once it has, null where it was given back. */
  readonly leaseSeconds: number | null;
}

/** The processes over this database, the oldest first, those that died lately included. */
export async function readProcesses(sql: Sql): Promise<ProcessRow[]> {
  return sql<ProcessRow[]>`SELECT id, address, started_at AS "startedAt",
    extract(epoch FROM clock_timestamp() - seen_at)::float8 AS "silentSeconds", takes_shards AND NOT rests AS "takesShards",
    rests, clock_offset_ms AS "clockOffsetMs" FROM process ORDER BY started_at`;
}

export async function readShards(sql: Sql): Promise<ShardRow[]> {
  return sql<ShardRow[]>`SELECT id, epoch, position, owner, lease_until > clock_timestamp() AS "isHeld",
    CASE WHEN lease_until > '-infinity' THEN extract(epoch FROM lease_until - clock_timestamp())::float8 END
      AS "leaseSeconds"
    FROM shard ORDER BY id`;
}
