import type { Context } from '../../platform/context.ts';
import type { MissingStateEvent } from './missing-state-event.ts';
import type { PartialRoom } from './read-partial-rooms.ts';

/** All rooms that are whole but for what could not be had. */
export async function readRoomsMissingState(context: Context): Promise<PartialRoom[]> {
  return await context.database<PartialRoom[]>`
    SELECT p.room, r.room_id AS "roomId", r.shard, r.version, p.join_event AS "joinEventId", p.servers
    FROM partial_state_room p JOIN room r ON r.id = p.room
    WHERE p.whole_since IS NOT NULL AND EXISTS (SELECT FROM missing_state_event m WHERE m.room = p.room)
    ORDER BY p.room`;
}

/** What a room's state misses, in the order of the ids. */
export async function readMissingState(context: Context, room: number): Promise<MissingStateEvent[]> {
  return await context.database<MissingStateEvent[]>`
    SELECT event_id AS "eventId", is_state AS "isState" FROM missing_state_event WHERE room = ${room}
    ORDER BY event_id`;
}
