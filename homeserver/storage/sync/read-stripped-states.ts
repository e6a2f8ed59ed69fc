import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { type EventRow, eventColumns, type StoredEvent } from '../rooms/event-row.ts';
import { storedEvents } from '../rooms/read-events.ts';

/** What those who are not in a room yet are told of it. https://spec.matrix.org/v1.19/client-server-api/#stripped-state */
const strippedTypes = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
];

/** The state that is shown stripped, of rooms (by number) as it was after a position. One query. */
export async function readStrippedStates(
  context: Context,
  rooms: readonly { readonly room: number; readonly at: number }[],
): Promise<Map<number, StoredEvent[]>> {
  const states = new Map<number, StoredEvent[]>();
  if (rooms.length === 0) return states;
  const names = await findNames(context, [...strippedTypes, '']);
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM unnest($3::int[], $4::bigint[]) AS wanted (room, at)
     JOIN room_state s ON s.room = wanted.room AND s.type = ANY($1::int[]) AND s.state_key = $2
       AND s.from_position <= wanted.at AND s.to_position > wanted.at
     JOIN event e ON e.shard = s.shard AND e.position = s.event
     ORDER BY s.from_position`,
    [
      strippedTypes.flatMap((type) => names.get(type) ?? []),
      names.get('') ?? 0,
      rooms.map(({ room }) => room),
      rooms.map(({ at }) => at),
    ],
    { prepare: true },
  );
  for (const event of await storedEvents(context, rows)) {
    const known = states.get(event.roomNumber);
    if (known) known.push(event);
    else states.set(event.roomNumber, [event]);
  }
  return states;
}
