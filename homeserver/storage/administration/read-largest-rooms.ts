import type { Sql } from '../../platform/database/open-database.ts';

export interface LargestRoom {
  readonly roomId: string;
  /** Of its events, indexes included. */
  readonly sizeBytes: number;
}

/** The rooms with the most events in PostgreSQL's sample of the table: nothing is counted, so that it is cheap. */
export async function readLargestRooms(sql: Sql, limit: number): Promise<LargestRoom[]> {
  return await sql<LargestRoom[]>`
    SELECT room.room_id AS "roomId", round(common.share * pg_total_relation_size('event'))::float8 AS "sizeBytes"
    FROM pg_stats,
      unnest(most_common_vals::text::int[], most_common_freqs::float8[]) AS common (room, share)
      JOIN room ON room.id = common.room
    WHERE schemaname = current_schema AND tablename = 'event' AND attname = 'room'
    ORDER BY common.share DESC, room.id LIMIT ${limit}`;
}
