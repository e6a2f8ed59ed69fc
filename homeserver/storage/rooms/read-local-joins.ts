import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { currentPosition } from './read-state.ts';

/** A time for which a user of this server was joined to a room, in positions of the room's shard. */
export interface LocalJoin {
  readonly userId: string;
  readonly from: number;
  /** The position at which it ended; Infinity: it has not. */
  readonly to: number;
}

/** When this server's users were joined to a room, those who left up to position `since` left out. One query. */
export async function readLocalJoins(
  context: Context,
  room: RoomName,
  since: number,
): Promise<{ /** Every change up to there is contained. */ readonly position: number; readonly joins: LocalJoin[] }> {
  const ending = `:${context.serverName}`;
  const rows = await context.database<{ position: number; userId: string | null; from: number; to: number | null }[]>`
    SELECT p.position, m."userId", m."from", m."to" FROM (SELECT position FROM shard WHERE id = ${room.shard}) p
    LEFT JOIN (
      SELECT n.text AS "userId", s.from_position AS "from",
        nullif(s.to_position, ${currentPosition}::bigint) AS "to"
      FROM room_state s JOIN name n ON n.id = s.state_key
      WHERE s.room = ${room.id} AND s.type = 1 AND s.membership = 1 AND s.to_position > ${since}
        AND right(n.text, ${ending.length}) = ${ending}
    ) m ON true`;
  return {
    position: rows[0]?.position ?? 0,
    joins: rows.flatMap(({ userId, from, to }) => (userId === null ? [] : [{ userId, from, to: to ?? Infinity }])),
  };
}
