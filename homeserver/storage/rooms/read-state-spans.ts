import type { Context } from '../../platform/context.ts';
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

/** The first span of each of these pieces of a room's state, by `TYPE KEY`, in numbers. One query. */
export async function readFirstSpans(
  context: Context,
  room: RoomName,
  pieces: readonly (readonly [type: number, stateKey: number])[],
): Promise<Map<string, StateSpanRow>> {
  const rows = await context.database.unsafe<StateSpanRow[]>(
    `SELECT DISTINCT ON (s.type, s.state_key) s.type, s.state_key AS "stateKey", s.from_position AS from, s.event
     FROM unnest($2::int[], $3::int[]) AS wanted (type, state_key)
     JOIN room_state s ON s.room = $1 AND s.type = wanted.type AND s.state_key = wanted.state_key
     ORDER BY s.type, s.state_key, s.from_position`,
    [room.id, pieces.map(([type]) => type), pieces.map(([, stateKey]) => stateKey)],
    { prepare: true },
  );
  return new Map(rows.map((row) => [`${row.type} ${row.stateKey}`, row]));
}
