import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { HistoryVisibility } from '@holdfast/protocol/history-visibility/history-visibility.ts';
import { parseHistoryVisibility } from '@holdfast/protocol/history-visibility/history-visibility.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { membershipCodes } from './membership-codes.ts';
import { unpackEvent } from './pack-event.ts';
import type { Span } from './read-reader-spans.ts';
import { currentPosition } from './read-state.ts';

interface VisibilityRow {
  readonly from: number;
  readonly to: number | null;
  readonly body: Uint8Array | null;
}

/** The history visibilities of a room, oldest first. One query. */
export async function readVisibilitySpans(context: Context, room: RoomName): Promise<Span<HistoryVisibility>[]> {
  const names = await findNames(context, ['m.room.history_visibility', '']);
  const rows = await context.database.unsafe<VisibilityRow[]>(
    `SELECT s.from_position AS from, nullif(s.to_position, ${currentPosition}) AS to, e.body
     FROM room_state s LEFT JOIN event e ON e.shard = s.shard AND e.position = s.event
     WHERE s.room = $1 AND s.type = $2 AND s.state_key = $3 ORDER BY s.from_position`,
    [room.id, names.get('m.room.history_visibility') ?? 0, names.get('') ?? 0],
    { prepare: true },
  );
  return rows.map(({ from, to, body }) => {
    const content = body ? (JSON.parse(unpackEvent(body)) as Pdu).content : undefined;
    return { value: parseHistoryVisibility(content), from, to: to ?? Infinity };
  });
}

/**
 * When users of a server were joined to a room or invited, in any order. One query, which looks at all of the room's
 * members: only for rooms in which it matters.
 */
export async function readServerSpans(
  context: Context,
  room: RoomName,
  serverName: string,
): Promise<Span<'join' | 'invite'>[]> {
  const rows = await context.database<{ membership: number; from: number; to: number | null }[]>`
    SELECT s.membership, s.from_position AS from, nullif(s.to_position, ${currentPosition}::bigint) AS to
    FROM room_state s JOIN name n ON n.id = s.state_key
    WHERE s.room = ${room.id} AND s.type = 1
      AND s.membership IN (${membershipCodes.join}, ${membershipCodes.invite})
      AND right(n.text, ${serverName.length + 1}) = ${`:${serverName}`}`;
  return rows.map(({ membership, from, to }) => ({
    value: membership === membershipCodes.join ? 'join' : 'invite',
    from,
    to: to ?? Infinity,
  }));
}
