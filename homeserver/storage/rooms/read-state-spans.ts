import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { eventFlags } from './event-row.ts';
import { eventIdHash } from './text-hash.ts';

/** Where an event of a room is stored, and as what. */
export interface EventPlace {
  readonly eventId: string;
  readonly position: number;
  /** See eventFlags. */
  readonly flags: number;
}

/** Places of events of a room, by id; the place in the timeline where an event has one besides that as an outlier. */
export async function readEventPlaces(
  context: Context,
  room: RoomName,
  eventIds: readonly string[],
): Promise<Map<string, EventPlace>> {
  if (eventIds.length === 0) return new Map();
  const wanted = new Set(eventIds);
  const rows = await context.database.unsafe<EventPlace[]>(
    `SELECT event_id AS "eventId", position, flags FROM event
     WHERE event_id_hash = ANY($1::bigint[]) AND room = $2
     ORDER BY flags & ${eventFlags.outlier} DESC`,
    [[...wanted].map(eventIdHash), room.id],
    { prepare: true },
  );
  // Outliers come first: the last of a key stays.
  return new Map(rows.filter(({ eventId }) => wanted.has(eventId)).map((row) => [row.eventId, row]));
}

/** A span of a room's state, in numbers. */
export interface StateSpanRow {
  readonly type: number;
  readonly stateKey: number;
  readonly from: number;
  /** Position of the event; null: state resolution took it away. */
  readonly event: number | null;
}

/** The first span of each of these members of a room, by the number of the user's name. One query. */
export async function readFirstMemberSpans(
  context: Context,
  room: RoomName,
  userIds: readonly string[],
): Promise<Map<number, StateSpanRow>> {
  const names = await findNames(context, userIds);
  const rows = await context.database.unsafe<StateSpanRow[]>(
    `SELECT DISTINCT ON (state_key) type, state_key AS "stateKey", from_position AS from, event FROM room_state
     WHERE room = $1 AND type = 1 AND state_key = ANY($2::int[]) ORDER BY state_key, from_position`,
    [room.id, [...names.values()]],
    { prepare: true },
  );
  return new Map(rows.map((row) => [row.stateKey, row]));
}
