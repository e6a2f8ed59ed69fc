import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import {
  type HistoryVisibility,
  parseHistoryVisibility,
} from '@holdfast/protocol/history-visibility/history-visibility.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { forgottenCode, type Membership, membershipOfCode } from './membership-codes.ts';
import { unpackEvent } from './pack-event.ts';
import { currentPosition } from './read-state.ts';
import type { TimelineGap } from './read-timeline-gaps.ts';

/** A time during which some state of the room had one value. */
export interface Span<Value> {
  readonly value: Value;
  /** Position of the event that brought it. */
  readonly from: number;
  /** Position of the event that ended it; Infinity while it is current. */
  readonly to: number;
}

/** All that decides what one user may read of a room, oldest first. */
export interface ReaderSpans {
  readonly memberships: readonly Span<Membership>[];
  readonly visibilities: readonly Span<HistoryVisibility>[];
  /** The user left and forgot the room. */
  readonly forgotten: boolean;
  /** Where history was filled in; most rooms have no such place. */
  readonly gaps: readonly TimelineGap[];
}

interface SpanRow {
  /** Of a filled gap: the position that it stands before. */
  readonly before: number | null;
  readonly membership: number | null;
  readonly from: number;
  readonly to: number | null;
  readonly body: Uint8Array | null;
}

/** A user's memberships in a room, the room's history visibilities, and its filled gaps, from its beginning on. One query. */
export async function readReaderSpans(context: Context, room: RoomName, userId: string): Promise<ReaderSpans> {
  const names = await findNames(context, [userId, 'm.room.history_visibility', '']);
  const rows = await context.database.unsafe<SpanRow[]>(
    `SELECT NULL::bigint AS before, s.membership, s.from_position AS from,
       nullif(s.to_position, ${currentPosition}) AS to, e.body
     FROM room_state s LEFT JOIN event e ON s.type <> 1 AND e.shard = s.shard AND e.position = s.event
     WHERE s.room = $1 AND ((s.type = 1 AND s.state_key = $2) OR (s.type = $3 AND s.state_key = $4))
     UNION ALL SELECT before_position, NULL, first, last, NULL FROM timeline_gap WHERE room = $1
     ORDER BY "from"`,
    [room.id, names.get(userId) ?? 0, names.get('m.room.history_visibility') ?? 0, names.get('') ?? 0],
    { prepare: true },
  );
  const memberships: Span<Membership>[] = [];
  const visibilities: Span<HistoryVisibility>[] = [];
  const gaps: TimelineGap[] = [];
  let forgotten = false;
  for (const { before, membership, from, to, body } of rows) {
    const end = to ?? Infinity;
    if (before !== null) {
      gaps.push({ before, first: from, last: end });
      continue;
    }
    if (membership !== null) {
      addSpan(memberships, { value: membershipOfCode(membership), from, to: end });
      if (to === null) forgotten = membership === forgottenCode;
    } else if (body) {
      const { content } = JSON.parse(unpackEvent(body)) as Pdu;
      addSpan(visibilities, { value: parseHistoryVisibility(content), from, to: end });
    }
  }
  return { memberships, visibilities, forgotten, gaps };
}

/** Changes that leave the value as it was, such as those of profiles, make no span of their own. */
function addSpan<Value>(spans: Span<Value>[], span: Span<Value>): void {
  const before = spans.at(-1);
  if (before && before.value === span.value && before.to === span.from) {
    spans[spans.length - 1] = { ...before, to: span.to };
  } else {
    spans.push(span);
  }
}
