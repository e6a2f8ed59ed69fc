import type { Sql } from '../../platform/database/open-database.ts';

/** Beyond this many the events of a room are not counted: looking at a room must stay fast. */
const maxCounted = 500_000;
const sampledEvents = 500;

export interface RoomSize {
  readonly eventCount: number;
  /** There are more than eventCount. */
  readonly isMore: boolean;
  /** Of its events in the table, from the average of the newest. */
  readonly estimatedBytes: number;
}

/** How much a room holds. */
export async function readRoomSize(sql: Sql, room: number): Promise<RoomSize> {
  const [counted, sample] = await Promise.all([
    sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM (SELECT 1 FROM event WHERE room = ${room} LIMIT ${maxCounted + 1}) counted`,
    sql<{ size: number }[]>`
      SELECT coalesce(avg(pg_column_size(newest.*)), 0)::float8 AS size
      FROM (SELECT e.* FROM event e WHERE e.room = ${room} ORDER BY position DESC LIMIT ${sampledEvents}) newest`,
  ]);
  const count = counted[0]?.count ?? 0;
  const eventCount = Math.min(count, maxCounted);
  return { eventCount, isMore: count > maxCounted, estimatedBytes: Math.round(eventCount * (sample[0]?.size ?? 0)) };
}
