import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { type EventRow, eventColumns } from '../rooms/event-row.ts';
import { type TimelineEvent, timelineEventsOfRows } from './timeline-event.ts';

/** Which of a room's state is wanted: as it was after position `at`, without what had been so at `since` already. */
export interface StateRange {
  readonly room: number;
  readonly at: number;
  /** Absent: all of it. */
  readonly since?: number;
  /** Leave out m.room.member events that are not asked for by `readMembers`. */
  readonly withoutMembers: boolean;
}

/** One user's m.room.member event in a room, as it was after position `at`. */
export interface WantedMember {
  readonly room: number;
  readonly at: number;
  readonly userId: string;
}

/** Before `stateFromTheBeginning`, too. */
const beforeEverything = Number.MIN_SAFE_INTEGER;

/** State of many rooms, by room number, in the order in which it came about. One query, and one for redactions. */
export async function readRoomStates(
  context: Context,
  ranges: readonly StateRange[],
): Promise<Map<number, TimelineEvent[]>> {
  if (ranges.length === 0) return new Map();
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[]) AS wanted (room, at, since, lazy)
     JOIN room_state s ON s.room = wanted.room AND s.from_position <= wanted.at AND s.to_position > wanted.at
       AND s.from_position > wanted.since AND (wanted.lazy = 0 OR s.type <> 1)
     JOIN event e ON e.shard = s.shard AND e.position = s.event
     ORDER BY s.room, s.from_position`,
    [
      ranges.map(({ room }) => room),
      ranges.map(({ at }) => at),
      ranges.map(({ since }) => since ?? beforeEverything),
      // The driver takes the type of an array from its first element, and gets it wrong for booleans.
      ranges.map(({ withoutMembers }) => (withoutMembers ? 1 : 0)),
    ],
    { prepare: true },
  );
  return groupByRoom(context, rows);
}

/** The member events of certain users in certain rooms, by room number. One query. */
export async function readMembers(
  context: Context,
  wanted: readonly WantedMember[],
): Promise<Map<number, TimelineEvent[]>> {
  if (wanted.length === 0) return new Map();
  const names = await findNames(
    context,
    wanted.map(({ userId }) => userId),
  );
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM unnest($1::int[], $2::bigint[], $3::int[]) AS wanted (room, at, member)
     JOIN room_state s ON s.room = wanted.room AND s.type = 1 AND s.state_key = wanted.member
       AND s.from_position <= wanted.at AND s.to_position > wanted.at
     JOIN event e ON e.shard = s.shard AND e.position = s.event`,
    [wanted.map(({ room }) => room), wanted.map(({ at }) => at), wanted.map(({ userId }) => names.get(userId) ?? 0)],
    { prepare: true },
  );
  return groupByRoom(context, rows);
}

async function groupByRoom(context: Context, rows: readonly EventRow[]): Promise<Map<number, TimelineEvent[]>> {
  const events = await timelineEventsOfRows(context, rows, false);
  const byRoom = new Map<number, TimelineEvent[]>();
  for (const [index, row] of rows.entries()) {
    const known = byRoom.get(row.room);
    const event = events[index] as TimelineEvent;
    if (known) known.push(event);
    else byRoom.set(row.room, [event]);
  }
  return byRoom;
}
