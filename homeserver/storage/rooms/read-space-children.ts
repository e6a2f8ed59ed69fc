import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, type StoredEvent } from './event-row.ts';
import { storedEvents } from './read-events.ts';
import { currentPosition } from './read-state.ts';

/** Children of a space beyond these are not looked at: nobody pages through more. */
const mostChildren = 1_000;

/** The m.space.child events of a room, in any order. One query. */
export async function readSpaceChildren(context: Context, room: RoomName): Promise<StoredEvent[]> {
  const names = await findNames(context, ['m.space.child']);
  const type = names.get('m.space.child');
  if (type === undefined) return [];
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM room_state s JOIN event e ON e.shard = s.shard AND e.position = s.event
     WHERE s.room = $1 AND s.type = $2 AND s.to_position = ${currentPosition} LIMIT ${mostChildren}`,
    [room.id, type],
    { prepare: true },
  );
  return await storedEvents(context, rows);
}
