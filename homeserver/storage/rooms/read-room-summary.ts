import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, hiddenFlags, type StoredEvent, storedEventOf } from './event-row.ts';
import { currentPosition } from './read-state.ts';

/** The room's forward extremities, in the order in which they came: most often its newest accepted event alone. */
export async function readForwardExtremities(context: Context, room: RoomName): Promise<StoredEvent[]> {
  const rows = await context.database.unsafe<EventRow[]>(
    `WITH extremity AS (SELECT position FROM forward_extremity WHERE room = $1)
     SELECT ${eventColumns} FROM extremity JOIN event e ON e.shard = $2 AND e.position = extremity.position
     UNION ALL
     (SELECT ${eventColumns} FROM event e
      WHERE e.room = $1 AND e.position > 0 AND e.flags & ${hiddenFlags} = 0 AND NOT EXISTS (SELECT 1 FROM extremity)
      ORDER BY e.position DESC LIMIT 1)`,
    [room.id, room.shard],
    { prepare: true },
  );
  return rows.map((row) => storedEventOf(row, room)).sort((a, b) => a.position - b.position);
}

/** How many notifying events the main timeline, or a thread (by its root's position), has had. */
export async function readNotifyOrdinal(context: Context, room: RoomName, thread: number | null): Promise<number> {
  const rows =
    thread === null
      ? await context.database<{ ordinal: number }[]>`
          SELECT notify_ordinal AS ordinal FROM event
          WHERE room = ${room.id} AND thread IS NULL ORDER BY position DESC LIMIT 1`
      : await context.database<{ ordinal: number }[]>`
          SELECT notify_ordinal AS ordinal FROM event
          WHERE room = ${room.id} AND thread = ${thread} ORDER BY position DESC LIMIT 1`;
  return rows[0]?.ordinal ?? 0;
}

/** Current members by membership code. */
export async function countMembers(context: Context, room: RoomName): Promise<Map<number, number>> {
  const rows = await context.database<{ membership: number; count: number }[]>`
    SELECT membership, count(*)::int AS count FROM room_state
    WHERE room = ${room.id} AND type = 1 AND to_position = ${currentPosition} GROUP BY membership`;
  return new Map(rows.map((row) => [row.membership, row.count]));
}

/** A fresh number for a room that is about to be made; unused ones are lost without harm. */
export async function takeRoomNumber(context: Context): Promise<number> {
  const rows = await context.database<{ id: number }[]>`
    SELECT nextval(pg_get_serial_sequence('room', 'id'))::int AS id`;
  return rows[0]?.id ?? 0;
}
/** The lowest position of a shard's events; 0 for a shard without any. */
export async function readLowestPosition(context: Context, shard: number): Promise<number> {
  const rows = await context.database<{ position: number | null }[]>`
    SELECT min(position) AS position FROM event WHERE shard = ${shard}`;
  return rows[0]?.position ?? 0;
}
