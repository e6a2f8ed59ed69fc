import type { MonitorSql } from './open-monitor-database.ts';

/** Numbers of the homeserver's shards. */
export async function readShards(sql: MonitorSql): Promise<number[]> {
  return (await sql<{ id: number }[]>`SELECT id FROM public.shard ORDER BY id`).map(({ id }) => id);
}

/** The shard of a room; undefined where the room is not known. */
export async function readShardOfRoom(sql: MonitorSql, roomId: string): Promise<number | undefined> {
  const [row] = await sql<{ shard: number }[]>`SELECT shard FROM public.room WHERE room_id = ${roomId}`;
  return row?.shard;
}
