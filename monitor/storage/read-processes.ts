import type { ProcessEntry } from '../observations/process-entry.ts';
import type { MonitorSql } from './open-monitor-database.ts';

export async function readProcesses(sql: MonitorSql): Promise<ProcessEntry[]> {
  return sql<ProcessEntry[]>`
    SELECT id::text AS id, address, clock_offset_ms AS "clockOffsetMs",
      (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "seenAgoMs",
      (extract(epoch FROM clock_timestamp() - started_at) * 1000)::float8 AS "startedAgoMs"
    FROM public.process ORDER BY started_at LIMIT 1000`;
}
