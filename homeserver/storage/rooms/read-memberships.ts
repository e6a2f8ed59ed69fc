import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { forgottenCode, type Membership, membershipOfCode } from './membership-codes.ts';
import { currentPosition } from './read-state.ts';

/** A user's current memberships in some rooms, by room id; rooms that the user never was in are absent. One query. */
export async function readMemberships(
  context: Context,
  userId: string,
  roomIds: readonly string[],
): Promise<Map<string, Membership>> {
  const user = (await findNames(context, [userId])).get(userId);
  if (user === undefined || roomIds.length === 0) return new Map();
  const rows = await context.database<{ roomId: string; membership: number }[]>`
    SELECT r.room_id AS "roomId", s.membership FROM room r JOIN room_state s ON s.room = r.id
    WHERE r.room_id = ANY(${roomIds as string[]}::text[]) AND s.type = 1 AND s.state_key = ${user}
      AND s.to_position = ${currentPosition}::bigint AND s.membership IS NOT NULL`;
  return new Map(
    rows.map(({ roomId, membership }) => [roomId, membershipOfCode(membership === forgottenCode ? 4 : membership)]),
  );
}
