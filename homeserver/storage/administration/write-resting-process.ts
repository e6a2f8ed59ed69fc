import type { Sql } from '../../platform/database/open-database.ts';

/**
 * Asks a process to rest, or to take shards again. Outside of the shard log: who takes shards is decided before anybody
 * can write. False where there is no such process.
 */
export async function setProcessResting(sql: Sql, id: string, rests: boolean): Promise<boolean> {
  return (await sql`UPDATE process SET rests = ${rests} WHERE id = ${id} RETURNING 1`).length > 0;
}
