import type { MonitorSql } from './open-monitor-database.ts';

/**
 * Drops a replication slot that nobody follows and that holds at least so many bytes, by what the primary says at this
 * moment. False where it is not so any more.
 */
export async function dropSlot(sql: MonitorSql, slot: string, leastBytes: number): Promise<boolean> {
  const rows = await sql`
    SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE slot_name = ${slot} AND NOT active AND NOT temporary
      AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) >= ${leastBytes}::float8`;
  return rows.length > 0;
}
