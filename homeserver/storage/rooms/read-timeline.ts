import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, hiddenFlags, type StoredEvent, storedEventOf } from './event-row.ts';

/** Positions of a room's timeline, both ends included. */
export interface PositionRange {
  readonly first: number;
  readonly last: number;
}

/** `b`: newest first, `f`: oldest first. */
export type Direction = 'b' | 'f';

/**
 * At most `limit` events within ranges that do not overlap, from their newest or their oldest end on. Rejected and
 * soft-failed events and outliers are in no timeline. One query, which looks at no event between the ranges.
 */
export async function readTimeline(
  context: Context,
  room: RoomName,
  ranges: readonly PositionRange[],
  direction: Direction,
  limit: number,
): Promise<StoredEvent[]> {
  if (ranges.length === 0 || limit <= 0) return [];
  const order = direction === 'b' ? 'DESC' : 'ASC';
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM unnest($2::bigint[], $3::bigint[]) AS wanted (first, last)
     CROSS JOIN LATERAL (
       SELECT * FROM event WHERE event.room = $1 AND event.position BETWEEN wanted.first AND wanted.last
         AND event.flags & ${hiddenFlags} = 0
       ORDER BY event.position ${order} LIMIT $4
     ) e ORDER BY e.position ${order} LIMIT $4`,
    [room.id, ranges.map(({ first }) => first), ranges.map(({ last }) => last), limit],
    { prepare: true },
  );
  return rows.map((row) => storedEventOf(row, room));
}
