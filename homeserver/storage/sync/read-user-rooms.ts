import type { Context } from '../../platform/context.ts';
import { rememberRoom } from '../names/room-names.ts';
import { type Membership, membershipOfCode } from '../rooms/membership-codes.ts';
import { currentPosition } from '../rooms/read-state.ts';
import { parsePositions, snapshotPositions } from './shard-positions.ts';

/** A room in which a user has a member event. */
export interface UserRoom {
  readonly roomId: string;
  readonly room: number;
  readonly shard: number;
  readonly membership: Membership;
  /** Where the membership's event became current. */
  readonly position: number;
}

export interface UserRooms {
  /** Positions by shard up to which every change is contained. */
  readonly positions: readonly number[];
  readonly rooms: readonly UserRoom[];
}

interface UserRoomRow {
  readonly positions: string;
  readonly id: number | null;
  readonly roomId: string;
  readonly shard: number;
  readonly version: string;
  readonly membership: number;
  readonly position: number;
}

/**
 * The rooms that a user is joined to, invited to or knocks on, and with `left` also those left or banned from and not
 * forgotten. One query.
 */
export async function readUserRooms(context: Context, userId: string, left = false): Promise<UserRooms> {
  const rows = await context.database.unsafe<UserRoomRow[]>(
    `SELECT p.positions, r.id, r.room_id AS "roomId", r.shard, r.version, s.membership, s.from_position AS position
     FROM (SELECT ${snapshotPositions} AS positions, (SELECT id FROM name WHERE text = $1) AS name) p
     LEFT JOIN room_state s ON s.state_key = p.name AND s.type = 1 AND s.to_position = ${currentPosition}
       AND s.membership <= $2
     LEFT JOIN room r ON r.id = s.room`,
    [userId, left ? 5 : 3],
    { prepare: true },
  );
  const rooms = rows.flatMap(({ id, roomId, shard, version, membership, position }): UserRoom[] => {
    if (id === null) return [];
    rememberRoom(context, { id, roomId, shard, version });
    return [{ roomId, room: id, shard, membership: membershipOfCode(membership), position }];
  });
  return { positions: parsePositions(rows[0]?.positions ?? ''), rooms };
}
