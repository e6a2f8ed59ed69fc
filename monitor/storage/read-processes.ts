import type { MonitorSql } from './open-monitor-database.ts';

/** A process of the homeserver, as it has entered itself in the database. One that ends as it should takes itself off. */
export interface ProcessRow {
  readonly id: string;
  /** Where the other processes reach it. */
  readonly address: string;
  /** Since it last said that it is alive, by the database's clock. It does so several times in a lease. */
  readonly seenAgoMs: number;
  readonly startedAgoMs: number;
  /** Of its machine's clock, less the database's. */
  readonly clockOffsetMs: number;
}

export async function readProcesses(sql: MonitorSql): Promise<ProcessRow[]> {
  return sql<ProcessRow[]>`
    SELECT id::text AS id, address, clock_offset_ms AS "clockOffsetMs",
      (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "seenAgoMs",
      (extract(epoch FROM clock_timestamp() - started_at) * 1000)::float8 AS "startedAgoMs"
    FROM public.process ORDER BY started_at LIMIT 1000`;
}
