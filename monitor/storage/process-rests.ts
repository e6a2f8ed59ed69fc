import type { MonitorSql } from './open-monitor-database.ts';

/**
 * Has a process give its shards to the others, or take them again. A process is put to rest only while another one that
 * does not rest was heard of just now. False where nothing was changed.
 */
export async function setProcessRests(sql: MonitorSql, id: string, rests: boolean): Promise<boolean> {
  const rows = await sql`
    UPDATE public.process p SET rests = ${rests} WHERE id = ${id}::uuid AND rests <> ${rests}
      AND (NOT ${rests}::boolean OR EXISTS (SELECT 1 FROM public.process other WHERE other.id <> p.id AND NOT other.rests
        AND other.takes_shards AND other.seen_at > clock_timestamp() - interval '10 seconds'))
    RETURNING 1`;
  return rows.length > 0;
}
