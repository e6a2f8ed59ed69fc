import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { membershipCodes } from './membership-codes.ts';

const maxHeroes = 5;

/**
 * Positions of the member events by whom clients name a room that has no name, as it was after a position; none for a
 * room that has one. One query.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_roomsummary
 */
export async function readHeroes(context: Context, room: RoomName, at: number): Promise<number[]> {
  const names = await findNames(context, ['m.room.name', 'm.room.canonical_alias', '']);
  const namingTypes = ['m.room.name', 'm.room.canonical_alias'].map((type) => names.get(type) ?? 0);
  const rows = await context.database<{ event: number }[]>`
    SELECT s.event FROM room_state s
    WHERE s.room = ${room.id} AND s.type = 1
      AND s.membership IN (${membershipCodes.join}, ${membershipCodes.invite})
      AND s.from_position <= ${at}::bigint AND s.to_position > ${at}::bigint
      AND NOT EXISTS (
        SELECT 1 FROM room_state n WHERE n.room = ${room.id} AND n.type = ANY(${namingTypes}::int[])
          AND n.state_key = ${names.get('') ?? 0} AND n.from_position <= ${at}::bigint
          AND n.to_position > ${at}::bigint AND n.event IS NOT NULL)
    ORDER BY s.from_position LIMIT ${maxHeroes}`;
  return rows.map(({ event }) => event);
}
