import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { type Membership, membershipOfCode } from '../rooms/membership-codes.ts';

/** A time during which a user's membership in a room stayed the same event. */
export interface MembershipSpan {
  readonly membership: Membership;
  /** Position of the member event. */
  readonly from: number;
  /** Position of the event that ended it; Infinity while it is current. */
  readonly to: number;
}

interface SpanRow {
  readonly room: number;
  readonly membership: number;
  readonly from: number;
  readonly to: number | null;
}

/**
 * A user's memberships in rooms (by number) from the one that held at position `since` on, oldest first.
 * One query for all rooms.
 */
export async function readMembershipSpans(
  context: Context,
  userId: string,
  rooms: readonly { readonly room: number; readonly since: number }[],
): Promise<Map<number, MembershipSpan[]>> {
  const spans = new Map<number, MembershipSpan[]>();
  const user = (await findNames(context, [userId])).get(userId);
  if (rooms.length === 0 || user === undefined) return spans;
  const rows = await context.database.unsafe<SpanRow[]>(
    `SELECT s.room, s.membership, s.from_position AS from, nullif(s.to_position, 9223372036854775807) AS to
     FROM unnest($2::int[], $3::bigint[]) AS wanted (room, since)
     JOIN room_state s ON s.room = wanted.room AND s.type = 1 AND s.state_key = $1 AND s.to_position > wanted.since
       AND s.membership IS NOT NULL
     ORDER BY s.room, s.from_position`,
    [user, rooms.map(({ room }) => room), rooms.map(({ since }) => since)],
    { prepare: true },
  );
  for (const row of rows) {
    const span = { membership: membershipOfCode(row.membership), from: row.from, to: row.to ?? Infinity };
    const known = spans.get(row.room);
    if (known) known.push(span);
    else spans.set(row.room, [span]);
  }
  return spans;
}
