import type { Sql } from '../../platform/database/open-database.ts';
import { type Membership, membershipCodes, membershipOfCode } from '../rooms/membership-codes.ts';

export interface RoomMember {
  readonly userId: string;
  readonly membership: Membership;
  /** Names the place in the list. */
  readonly number: number;
}

/** Members of a room in the order of their numbers, those above `after`. */
export async function readRoomMembers(
  sql: Sql,
  room: number,
  page: { readonly after: number; readonly limit: number; readonly membership: Membership | undefined },
): Promise<RoomMember[]> {
  const codes = page.membership === undefined ? Object.values(membershipCodes) : [membershipCodes[page.membership]];
  const rows = await sql<{ userId: string; code: number; number: number }[]>`
    SELECT m.text AS "userId", s.membership AS code, s.state_key AS number
    FROM room_state s JOIN name m ON m.id = s.state_key
    WHERE s.room = ${room} AND s.type = 1 AND s.to_position = 9223372036854775807 AND s.state_key > ${page.after}
      AND s.membership = ANY(${codes}::smallint[])
    ORDER BY s.state_key LIMIT ${page.limit}`;
  return rows.map(({ userId, code, number }) => ({ userId, number, membership: membershipOfCode(code) }));
}
