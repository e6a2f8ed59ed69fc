import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';

/** History that was filled in between events that were here before. */
export interface TimelineGap {
  /** It stands right before the event at this position. */
  readonly before: number;
  /** Its positions, below zero; the lowest one has no event. */
  readonly first: number;
  readonly last: number;
}

/** The filled gaps of a room, in any order; most rooms have none. One query. */
export async function readTimelineGaps(context: Context, room: RoomName): Promise<TimelineGap[]> {
  return await context.database<TimelineGap[]>`
    SELECT before_position AS before, first, last FROM timeline_gap WHERE room = ${room.id}`;
}
