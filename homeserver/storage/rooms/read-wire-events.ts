import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { Context } from '../../platform/context.ts';
import { type RoomName, roomsByNumber } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, hiddenFlags, type StoredEvent, storedEventOf } from './event-row.ts';
import { unpackEvent } from './pack-event.ts';
import { eventIdHash } from './text-hash.ts';

/** An event with the text that other servers get: as it is stored, without what this server keeps beside it. */
export interface WireEvent extends StoredEvent {
  readonly pduJson: string;
}

/** What this server keeps beside a PDU is the last member of the stored text. */
const unsignedStart = ',"unsigned":{';
/** Members of it that hold an id each, and nothing that could look like the start of another one. */
const plainMembers: ReadonlySet<string> = new Set(['replaces_state', 'redacted_because']);

function wireEventOf(row: EventRow, room: RoomName): WireEvent {
  const event = storedEventOf(row, room);
  return { ...event, pduJson: wireText(unpackEvent(row.body), event) };
}

/** The PDU's text within the stored one. */
function wireText(storedText: string, { pdu, rules, unsigned }: StoredEvent): string {
  const kept = Object.keys(unsigned);
  if (kept.length === 0) return storedText;
  if (!kept.every((name) => plainMembers.has(name))) return encodePdu(pdu, rules);
  return `${storedText.slice(0, storedText.lastIndexOf(unsignedStart))}}`;
}

/**
 * Events of one room by their ids, keyed by id; those in the timeline go before their rows as outliers. Rejected events
 * are left out. One query.
 */
export async function readWireEvents(
  context: Context,
  room: RoomName,
  eventIds: readonly string[],
): Promise<Map<string, WireEvent>> {
  if (eventIds.length === 0) return new Map();
  const wanted = new Set(eventIds);
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e
     WHERE e.event_id_hash = ANY($1::bigint[]) AND e.room = $2 AND e.flags & ${eventFlags.rejected} = 0
     ORDER BY e.flags & ${eventFlags.outlier} DESC`,
    [[...wanted].map(eventIdHash), room.id],
    { prepare: true },
  );
  const found = rows.filter(({ eventId }) => wanted.has(eventId));
  return new Map(found.map((row) => [row.eventId, wireEventOf(row, room)]));
}

/** One event of any room, not rejected. One query. */
export async function readWireEvent(context: Context, eventId: string): Promise<WireEvent | undefined> {
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e WHERE e.event_id_hash = $1 AND e.flags & ${eventFlags.rejected} = 0
     ORDER BY e.flags & ${eventFlags.outlier}`,
    [eventIdHash(eventId)],
    { prepare: true },
  );
  const row = rows.find((found) => found.eventId === eventId);
  if (!row) return undefined;
  const room = (await roomsByNumber(context, [row.room])).get(row.room);
  return room && wireEventOf(row, room);
}

/** The events of a room's timeline at and right before a position, newest first. One query. */
export async function readWireEventsBefore(
  context: Context,
  room: RoomName,
  position: number,
  limit: number,
): Promise<WireEvent[]> {
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e
     WHERE e.room = $1 AND e.position <= $2 AND e.flags & ${hiddenFlags} = 0 ORDER BY e.position DESC LIMIT $3`,
    [room.id, position, limit],
    { prepare: true },
  );
  return rows.map((row) => wireEventOf(row, room));
}

/** The texts of events by their positions, in any order. One query. */
export async function readWireTexts(context: Context, room: RoomName, positions: readonly number[]): Promise<string[]> {
  const rows = await context.database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e WHERE e.shard = $1 AND e.position = ANY($2::bigint[])`,
    [room.shard, positions as number[]],
    { prepare: true },
  );
  return rows.map((row) => wireEventOf(row, room).pduJson);
}
