import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { type EventRow, eventColumns, type StoredEvent } from '../rooms/event-row.ts';
import { storedEvents } from '../rooms/read-events.ts';
import { currentPosition } from '../rooms/read-state.ts';

export async function isPublished(context: Context, room: number): Promise<boolean> {
  return (await context.database`SELECT 1 FROM published_room WHERE room = ${room}`).length > 0;
}

/** Whose list of rooms: the server's own one; one network's, named as `instanceIdOf` does; or all of them together. */
export type RoomList = 'own' | 'all' | { readonly instanceId: string };

/** All rooms in the public directory, or in the lists of application services that are registered. */
export async function readPublishedRooms(
  { database }: Context,
  list: RoomList,
): Promise<{ room: number; roomId: string }[]> {
  const own = database`SELECT p.room FROM published_room p`;
  const networks = database`SELECT n.room FROM application_service_room n JOIN application_service s ON s.id = n.service`;
  const listed =
    list === 'own'
      ? own
      : list === 'all'
        ? database`${own} UNION ${networks}`
        : database`${networks} WHERE n.service || '|' || n.network = ${list.instanceId}`;
  return await database<{ room: number; roomId: string }[]>`
    SELECT r.id AS room, r.room_id AS "roomId" FROM room r WHERE r.id IN (${listed})`;
}

/** State event types, with the empty state key, that the directory shows. */
export const listedStateTypes = [
  'm.room.create',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
  'm.room.canonical_alias',
  'm.room.join_rules',
  'm.room.guest_access',
  'm.room.history_visibility',
] as const;

/**
 * What is shown of rooms (by number) to those who are not in them: the state events of these types with an empty state
 * key, and how many members are joined. Two queries.
 */
export async function readListedRooms(
  context: Context,
  rooms: readonly number[],
  types: readonly string[] = listedStateTypes,
): Promise<{ events: StoredEvent[]; joined: Map<number, number> }> {
  if (rooms.length === 0) return { events: [], joined: new Map() };
  const names = await findNames(context, [...types, '']);
  const [eventRows, countRows] = await Promise.all([
    context.database.unsafe<EventRow[]>(
      `SELECT ${eventColumns} FROM room_state s JOIN event e ON e.shard = s.shard AND e.position = s.event
       WHERE s.room = ANY($1::int[]) AND s.type = ANY($2::int[]) AND s.state_key = $3
         AND s.to_position = ${currentPosition}`,
      [rooms as number[], types.flatMap((type) => names.get(type) ?? []), names.get('') ?? 0],
      { prepare: true },
    ),
    context.database<{ room: number; joined: number }[]>`
      SELECT room, count(*)::int AS joined FROM room_state
      WHERE room = ANY(${rooms as number[]}::int[]) AND type = 1 AND membership = 1
        AND to_position = 9223372036854775807 GROUP BY room`,
  ]);
  return {
    events: await storedEvents(context, eventRows),
    joined: new Map(countRows.map((row) => [row.room, row.joined])),
  };
}
