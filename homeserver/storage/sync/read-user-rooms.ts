import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { roomsByNumber } from '../names/room-names.ts';
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
  readonly room: number | null;
  readonly membership: number;
  readonly position: number;
}

/**
 * The rooms that a user is joined to, invited to or knocks on, and with `left` also those left or banned from and not
 * forgotten. Two queries at most.
 */
export async function readUserRooms(context: Context, userId: string, left = false): Promise<UserRooms> {
  const user = (await findNames(context, [userId])).get(userId) ?? 0;
  const rows = await context.database.unsafe<UserRoomRow[]>(
    `SELECT p.positions, s.room, s.membership, s.from_position AS position
     FROM (SELECT ${snapshotPositions} AS positions) p
     LEFT JOIN room_state s ON s.state_key = $1 AND s.type = 1 AND s.to_position = ${currentPosition}
       AND s.membership <= $2`,
    [user, left ? 5 : 3],
    { prepare: true },
  );
  const found = rows.filter((row) => row.room !== null) as (UserRoomRow & { room: number })[];
  const names = await roomsByNumber(
    context,
    found.map((row) => row.room),
  );
  const rooms = found.flatMap((row): UserRoom[] => {
    const name = names.get(row.room);
    if (!name) return [];
    const { roomId, shard } = name;
    return [{ roomId, room: row.room, shard, membership: membershipOfCode(row.membership), position: row.position }];
  });
  return { positions: parsePositions(rows[0]?.positions ?? ''), rooms };
}
