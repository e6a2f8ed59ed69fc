import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { membershipCodes } from './membership-codes.ts';
import { currentPosition } from './read-state.ts';

export interface MutualRoom {
  /** The room's number, by which they are ordered. */
  readonly room: number;
  readonly roomId: string;
}

/** Rooms that both users are joined to, with numbers above `after`, and how many there are in all. One query. */
export async function readMutualRooms(
  context: Context,
  userId: string,
  otherId: string,
  after: number,
  limit: number,
): Promise<{ readonly rooms: readonly MutualRoom[]; readonly count: number }> {
  const names = await findNames(context, [userId, otherId]);
  const [user, other] = [names.get(userId), names.get(otherId)];
  if (user === undefined || other === undefined) return { rooms: [], count: 0 };
  const rows = await context.database<(MutualRoom & { count: number })[]>`
    WITH mutual AS (
      SELECT one.room FROM room_state one JOIN room_state two ON two.room = one.room
      WHERE one.type = 1 AND one.state_key = ${user} AND one.to_position = ${currentPosition}::bigint
        AND one.membership = ${membershipCodes.join}
        AND two.type = 1 AND two.state_key = ${other} AND two.to_position = ${currentPosition}::bigint
        AND two.membership = ${membershipCodes.join})
    SELECT r.id AS room, r.room_id AS "roomId", (SELECT count(*)::int FROM mutual) AS count
    FROM mutual m JOIN room r ON r.id = m.room WHERE r.id > ${after} ORDER BY r.id LIMIT ${limit}`;
  return { rooms: rows, count: rows[0]?.count ?? 0 };
}
