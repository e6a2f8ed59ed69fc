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

export interface WholeRoom {
  readonly roomId: string;
  /** Of its shard, from which on the room is whole; null: it is not yet. */
  readonly position: number | null;
  /** Some of what was told before was wrong. */
  readonly isCorrected: boolean;
}

/** Rooms that were joined with partial state. */
export async function readWholeSince(context: Context): Promise<WholeRoom[]> {
  return await context.database<WholeRoom[]>`
    SELECT r.room_id AS "roomId", p.whole_since AS position, p.is_corrected AS "isCorrected"
    FROM partial_state_room p JOIN room r ON r.id = p.room`;
}

/** Where a room was joined with partial state. */
export interface PartialJoin {
  readonly position: number;
  /** What other servers' events are stored later has lower positions. */
  readonly lowestPosition: number;
  /** From which on all members are known; null: they are not yet. */
  readonly wholeSince: number | null;
  /** Those that were taken to be in the room until then. */
  readonly servers: readonly string[];
}

/** Of a room that was joined with partial state, whether it is whole now or not. */
export async function readPartialJoin(context: Context, room: number): Promise<PartialJoin | undefined> {
  const rows = await context.database<PartialJoin[]>`
    SELECT position, lowest_position AS "lowestPosition", whole_since AS "wholeSince", servers
    FROM partial_state_room WHERE room = ${room}`;
  return rows[0];
}
