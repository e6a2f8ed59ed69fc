import type { Sql } from '../../platform/database/open-database.ts';

export interface BlockedRoom {
  readonly roomId: string;
  readonly blockedBy: string;
  readonly blockedMs: number;
}

/** Who closed a room to the users of this server, and when; undefined for one that is open. */
export async function readBlockedRoom(sql: Sql, roomId: string): Promise<BlockedRoom | undefined> {
  const rows = await sql<BlockedRoom[]>`
    SELECT room_id AS "roomId", blocked_by AS "blockedBy", blocked_ms AS "blockedMs"
    FROM blocked_room WHERE room_id = ${roomId}`;
  return rows[0];
}
