import type { Context } from '../../platform/context.ts';
import { roomsByNumber } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, type StoredEvent, storedEventOf } from './event-row.ts';
import { eventIdHash } from './text-hash.ts';

/**
 * Events by id, those that are stored, keyed by id. One that has a row as an outlier and one with its place in the
 * timeline is the latter. One query however many.
 */
export async function readEventsById(context: Context, eventIds: readonly string[]): Promise<Map<string, StoredEvent>> {
  // Outliers come first: the last of a key stays.
  return new Map((await readRowsById(context, eventIds)).map((event) => [event.eventId, event]));
}

async function readRowsById(context: Context, eventIds: readonly string[]): Promise<StoredEvent[]> {
  if (eventIds.length === 0) return [];
  const wanted = new Set(eventIds);
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e WHERE e.event_id_hash = ANY($1::bigint[])
     ORDER BY e.flags & ${eventFlags.outlier} DESC`,
    [[...wanted].map(eventIdHash)],
    { prepare: true },
  );
  return await storedEvents(
    context,
    rows.filter((row) => wanted.has(row.eventId)),
  );
}

/** The event of this id, or undefined. */
export async function readEventById(context: Context, eventId: string): Promise<StoredEvent | undefined> {
  return (await readEventsById(context, [eventId])).get(eventId);
}

/**
 * All rows of an event, the one with its place in the timeline last: what was known as an outlier before has two.
 * One query.
 */
export async function readRowsOfEvent(context: Context, eventId: string): Promise<StoredEvent[]> {
  return await readRowsById(context, [eventId]);
}

/** Events of one shard by their positions. One query, none for no positions. */
export async function readEventsAt(
  context: Context,
  shard: number,
  positions: readonly number[],
): Promise<Map<number, StoredEvent>> {
  if (positions.length === 0) return new Map();
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e WHERE e.shard = $1 AND e.position = ANY($2::bigint[])`,
    [shard, positions as number[]],
    { prepare: true },
  );
  return new Map((await storedEvents(context, rows)).map((event) => [event.position, event]));
}

/** The event at a position of a shard's log, or undefined. */
export async function readEventAt(context: Context, shard: number, position: number): Promise<StoredEvent | undefined> {
  return (await readEventsAt(context, shard, [position])).get(position);
}

/** Rows as events, with their rooms' ids. */
export async function storedEvents(context: Context, rows: readonly EventRow[]): Promise<StoredEvent[]> {
  const rooms = await roomsByNumber(
    context,
    rows.map((row) => row.room),
  );
  return rows.map((row) => {
    const room = rooms.get(row.room);
    if (!room) throw new Error(`event ${row.eventId} is of a room that does not exist`);
    return storedEventOf(row, room);
  });
}
