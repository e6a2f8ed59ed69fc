import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { listedStateTypes, readListedRooms } from '../directory/read-published-rooms.ts';
import type { StoredEvent } from '../rooms/event-row.ts';
import type { RoomFigures } from './room-figures.ts';

const maxTextLength = 255;
const wantedTypes = [...listedStateTypes, 'm.room.encryption'];

/** The figures of rooms (by number) as they are now; rooms without a state are left out. Three queries. */
export async function readRoomFigures(context: Context, rooms: readonly number[]): Promise<Map<number, RoomFigures>> {
  if (rooms.length === 0) return new Map();
  const ending = `:${context.serverName}`;
  const [{ events, joined }, counts] = await Promise.all([
    readListedRooms(context, rooms, wantedTypes),
    context.database<{ room: number; stateEvents: number; joinedLocal: number }[]>`
      SELECT s.room, count(s.event)::int AS "stateEvents",
        (count(*) FILTER (WHERE right(m.text, ${ending.length}) = ${ending}))::int AS "joinedLocal"
      FROM room_state s LEFT JOIN name m ON m.id = s.state_key AND s.type = 1 AND s.membership = 1
      WHERE s.room = ANY(${rooms as number[]}::int[]) AND s.to_position = 9223372036854775807 GROUP BY s.room`,
  ]);
  const stateByRoom = Map.groupBy(events, ({ roomNumber }) => roomNumber);
  return new Map(
    counts.flatMap(({ room, ...numbers }): [number, RoomFigures][] => {
      const shown = describeState(stateByRoom.get(room) ?? []);
      return shown ? [[room, { ...shown, ...numbers, joined: joined.get(room) ?? 0 }]] : [];
    }),
  );
}

function describeState(
  state: readonly StoredEvent[],
): Omit<RoomFigures, 'joined' | 'joinedLocal' | 'stateEvents'> | undefined {
  const create = state.find(({ pdu }) => pdu.type === 'm.room.create');
  if (!create) return undefined;
  const text = (type: string, key: string) => shortText(state.find(({ pdu }) => pdu.type === type)?.pdu.content[key]);
  const { content }: { readonly content: JsonObject } = create.pdu;
  return {
    name: text('m.room.name', 'name'),
    canonicalAlias: text('m.room.canonical_alias', 'alias'),
    creator: create.pdu.sender,
    joinRule: text('m.room.join_rules', 'join_rule'),
    historyVisibility: text('m.room.history_visibility', 'history_visibility'),
    guestAccess: text('m.room.guest_access', 'guest_access'),
    encryption: text('m.room.encryption', 'algorithm'),
    roomType: shortText(content['type']),
    isFederated: content['m.federate'] !== false,
  };
}

/** What strangers wrote, as PostgreSQL's text can hold it. */
function shortText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.replaceAll('\0', '').slice(0, maxTextLength) : null;
}
