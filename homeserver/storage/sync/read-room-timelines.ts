import type { Context } from '../../platform/context.ts';
import { type EventRow, eventColumns, hiddenFlags } from '../rooms/event-row.ts';
import { type TimelineEvent, timelineEventsOfRows } from './timeline-event.ts';

/** Which part of a room's timeline is wanted: the newest `limit` events with positions in (after, upTo]. */
export interface TimelineRange {
  readonly room: number;
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
}

/**
 * The newest events of many rooms' ranges, by room number, oldest first; rooms without any are absent. Rejected and
 * soft-failed events and outliers are in no timeline. One query for the events of all rooms and one for what they refer to.
 */
export async function readRoomTimelines(
  context: Context,
  ranges: readonly TimelineRange[],
): Promise<Map<number, TimelineEvent[]>> {
  const timelines = new Map<number, TimelineEvent[]>();
  if (ranges.length === 0) return timelines;
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[]) AS wanted (room, after, up_to, most)
     CROSS JOIN LATERAL (
       SELECT * FROM event
       WHERE event.room = wanted.room AND event.position > wanted.after AND event.position <= wanted.up_to
         AND event.flags & ${hiddenFlags} = 0
       ORDER BY event.position DESC LIMIT wanted.most
     ) e`,
    [
      ranges.map(({ room }) => room),
      ranges.map(({ after }) => after),
      ranges.map(({ upTo }) => upTo),
      ranges.map(({ limit }) => limit),
    ],
    { prepare: true },
  );
  const events = await timelineEventsOfRows(context, rows, true);
  // Newest first, as the index gives them: filled from behind.
  for (let index = rows.length - 1; index >= 0; index--) {
    const room = (rows[index] as EventRow).room;
    const timeline = timelines.get(room);
    const event = events[index] as TimelineEvent;
    if (timeline) timeline.push(event);
    else timelines.set(room, [event]);
  }
  return timelines;
}
