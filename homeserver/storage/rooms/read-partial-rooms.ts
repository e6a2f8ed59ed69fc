import type { Context } from '../../platform/context.ts';

/** A room of which most members are not known yet. */
export interface PartialRoom {
  readonly room: number;
  readonly roomId: string;
  readonly shard: number;
  readonly version: string;
  readonly joinEventId: string;
  /** Those that were in the room at the join; the one that took it comes first. */
  readonly servers: readonly string[];
}

/** Whether the room was joined with partial state and is not whole yet. */
export async function isPartialRoom(context: Context, room: number): Promise<boolean> {
  return (
    (await context.database`SELECT 1 FROM partial_state_room WHERE room = ${room} AND whole_since IS NULL`).length > 0
  );
}

/** All rooms that are not whole yet. */
export async function readPartialRooms(context: Context): Promise<PartialRoom[]> {
  return await context.database<PartialRoom[]>`
    SELECT p.room, r.room_id AS "roomId", r.shard, r.version, p.join_event AS "joinEventId", p.servers
    FROM partial_state_room p JOIN room r ON r.id = p.room WHERE p.whole_since IS NULL ORDER BY p.room`;
}

/** The servers that were in a room at the join with partial state; none when it is whole. */
export async function readServersOfPartialRoom(context: Context, roomId: string): Promise<readonly string[]> {
  const rows = await context.database<{ servers: string[] }[]>`
    SELECT p.servers FROM partial_state_room p JOIN room r ON r.id = p.room
    WHERE r.room_id = ${roomId} AND p.whole_since IS NULL`;
  return rows[0]?.servers ?? [];
}

/** Rooms that were joined with partial state, with the position of their shard from which on they are whole; null: not yet. */
export async function readWholeSince(
  context: Context,
): Promise<{ readonly roomId: string; readonly position: number | null }[]> {
  return await context.database<{ roomId: string; position: number | null }[]>`
    SELECT r.room_id AS "roomId", p.whole_since AS position FROM partial_state_room p JOIN room r ON r.id = p.room`;
}
