import {
  type HistoryVisibility,
  parseHistoryVisibility,
} from '@holdfast/protocol/history-visibility/history-visibility.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { type EventRow, eventColumns } from '../rooms/event-row.ts';
import { storedEvents } from '../rooms/read-events.ts';

/** A time during which one m.room.history_visibility event was the room's. */
export interface VisibilitySpan {
  readonly visibility: HistoryVisibility;
  /** Position of the event. */
  readonly from: number;
  /** Position of the event that replaced it; Infinity while it is current. */
  readonly to: number;
}

type SpanRow = EventRow & { readonly from: number; readonly to: number | null };

/** Who may read the history of rooms (by number), from the setting that held at `since` on. One query. */
export async function readVisibilitySpans(
  context: Context,
  rooms: readonly { readonly room: number; readonly since: number }[],
): Promise<Map<number, VisibilitySpan[]>> {
  const spans = new Map<number, VisibilitySpan[]>();
  if (rooms.length === 0) return spans;
  const names = await findNames(context, ['m.room.history_visibility', '']);
  const rows = await context.database.unsafe<SpanRow[]>(
    `SELECT ${eventColumns}, s.from_position AS from, nullif(s.to_position, 9223372036854775807) AS to
     FROM unnest($3::int[], $4::bigint[]) AS wanted (room, since)
     JOIN room_state s ON s.room = wanted.room AND s.type = $1 AND s.state_key = $2 AND s.to_position > wanted.since
     JOIN event e ON e.shard = s.shard AND e.position = s.event
     ORDER BY s.room, s.from_position`,
    [
      names.get('m.room.history_visibility') ?? 0,
      names.get('') ?? 0,
      rooms.map(({ room }) => room),
      rooms.map(({ since }) => since),
    ],
    { prepare: true },
  );
  const events = await storedEvents(context, rows);
  for (const [index, row] of rows.entries()) {
    const visibility = parseHistoryVisibility(events[index]?.pdu.content);
    const span = { visibility, from: row.from, to: row.to ?? Infinity };
    const known = spans.get(row.room);
    if (known) known.push(span);
    else spans.set(row.room, [span]);
  }
  return spans;
}
