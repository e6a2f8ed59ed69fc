import type { Sql } from '../../platform/database/open-database.ts';
import { membershipCodes } from '../rooms/membership-codes.ts';
import { currentPosition } from '../rooms/read-state.ts';
import { isUserName, serverOfName } from './server-of-name.ts';

/** A page of the rooms to which users of a server are joined, by id, and how many there are in all. One query. */
export async function readRoomsOfServer(
  sql: Sql,
  serverName: string,
  { offset, limit, descending }: { readonly offset: number; readonly limit: number; readonly descending: boolean },
): Promise<{ rooms: string[]; total: number }> {
  const rows = await sql.unsafe<{ roomIds: string[]; total: number }[]>(
    `WITH shared AS (
       SELECT DISTINCT s.room FROM name n
         JOIN room_state s ON s.state_key = n.id AND s.type = 1 AND s.to_position = ${currentPosition}
       WHERE ${serverOfName('n')} = $1 AND ${isUserName('n')} AND s.membership = ${membershipCodes.join})
     SELECT (SELECT count(*)::int FROM shared) AS total, ARRAY(
       SELECT r.room_id FROM shared JOIN room r ON r.id = shared.room
       ORDER BY r.room_id ${descending ? 'DESC' : 'ASC'} OFFSET $2 LIMIT $3) AS "roomIds"`,
    [serverName, offset, limit],
    { prepare: true },
  );
  return { rooms: rows[0]?.roomIds ?? [], total: rows[0]?.total ?? 0 };
}
