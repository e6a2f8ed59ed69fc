import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { membershipCodes } from './membership-codes.ts';
import { currentPosition } from './read-state.ts';

/** User ids of up to `limit` joined members of this server, in no order. */
export async function readLocalMembers(context: Context, room: RoomName, limit: number): Promise<string[]> {
  const ending = `:${context.serverName}`;
  const rows = await context.database<{ userId: string }[]>`
    SELECT m.text AS "userId" FROM room_state s JOIN name m ON m.id = s.state_key
    WHERE s.room = ${room.id} AND s.type = 1 AND s.membership = ${membershipCodes.join}
      AND s.to_position = ${currentPosition}::bigint AND right(m.text, ${ending.length}) = ${ending}
    LIMIT ${limit}`;
  return rows.map(({ userId }) => userId);
}

/** Whether a user of this server is joined, by the database as it is now. One query. */
export async function hasLocalMember(context: Context, room: RoomName): Promise<boolean> {
  return (await readLocalMembers(context, room, 1)).length > 0;
}
