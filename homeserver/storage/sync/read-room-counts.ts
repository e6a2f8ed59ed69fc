import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { nameTexts } from '../names/intern-names.ts';
import { type EventRow, eventColumns } from '../rooms/event-row.ts';
import { storedEvents } from '../rooms/read-events.ts';
import { currentPosition } from '../rooms/read-state.ts';
import { parsePositions, snapshotPositions } from './shard-positions.ts';

/** What a room's summary is made of. */
export interface RoomCounts {
  /** Positions by shard up to which every change is contained. */
  readonly positions: readonly number[];
  readonly joined: number;
  readonly invited: number;
  /** Joined and invited users whose membership is the oldest, at most `maxHeroes`. */
  readonly heroes: readonly string[];
  /** Likewise of users who left or are banned; read only where `heroes` has nobody but one. */
  readonly former: readonly string[];
}

/** One more than clients are told, because nobody is told of himself. */
export const maxHeroes = 6;

interface CountRow {
  readonly positions: string;
  readonly room: number;
  readonly joined: number;
  readonly invited: number;
  readonly heroes: number[] | null;
  readonly former: number[] | null;
}

/** Member counts and heroes of many rooms, by number. One query, and one for names. */
export async function readRoomCounts(context: Context, rooms: readonly number[]): Promise<Map<number, RoomCounts>> {
  if (rooms.length === 0) return new Map();
  const oldest = (memberships: string) => `SELECT array_agg(state_key) FROM (
      SELECT s.state_key FROM room_state s WHERE s.room = wanted.room AND s.type = 1
        AND s.to_position = ${currentPosition} AND s.membership IN (${memberships})
      ORDER BY s.from_position LIMIT ${maxHeroes}) oldest`;
  const rows = await context.database.unsafe<CountRow[]>(
    `SELECT ${snapshotPositions} AS positions, wanted.room, counts.joined, counts.invited,
       (${oldest('1, 2')}) AS heroes,
       CASE WHEN counts.joined + counts.invited <= 1 THEN (${oldest('4, 5, 6')}) END AS former
     FROM unnest($1::int[]) AS wanted (room)
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE s.membership = 1)::int AS joined,
         count(*) FILTER (WHERE s.membership = 2)::int AS invited
       FROM room_state s WHERE s.room = wanted.room AND s.type = 1 AND s.to_position = ${currentPosition}
     ) counts`,
    [rooms as number[]],
    { prepare: true },
  );
  const names = await nameTexts(
    context,
    rows.flatMap((row) => [...(row.heroes ?? []), ...(row.former ?? [])]),
  );
  const textsOf = (ids: number[] | null) => (ids ?? []).map((id) => names.get(id) ?? '');
  return new Map(
    rows.map((row) => {
      const { joined, invited } = row;
      const positions = parsePositions(row.positions);
      return [row.room, { positions, joined, invited, heroes: textsOf(row.heroes), former: textsOf(row.former) }];
    }),
  );
}

/** Which of the rooms (by number) have a name or a canonical alias that is not empty. One query. */
export async function readNamedRooms(context: Context, rooms: readonly number[]): Promise<Set<number>> {
  if (rooms.length === 0) return new Set();
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM room_state s JOIN event e ON e.shard = s.shard AND e.position = s.event
     WHERE s.room = ANY($1::int[])
       AND s.type = ANY(ARRAY(SELECT id FROM name WHERE text IN ('m.room.name', 'm.room.canonical_alias')))
       AND s.state_key = (SELECT id FROM name WHERE text = '') AND s.to_position = ${currentPosition}`,
    [rooms as number[]],
    { prepare: true },
  );
  const events = await storedEvents(context, rows);
  return new Set(events.filter(({ pdu }) => namesRoom(pdu.type, pdu.content)).map(({ roomNumber }) => roomNumber));
}

/** Whether a state event gives its room a name, so that clients need no heroes to make one. */
export function namesRoom(type: string, content: JsonObject): boolean {
  const name = type === 'm.room.name' ? content['name'] : type === 'm.room.canonical_alias' && content['alias'];
  return typeof name === 'string' && name !== '';
}
