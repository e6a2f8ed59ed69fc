import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { unpackEvent } from '../rooms/pack-event.ts';

/** An event as it came, of which it is not known yet what becomes of it. */
export interface UndecidedPdu {
  readonly identity: string;
  readonly text: string;
  /** For how long it has been here, by the database's clock. */
  readonly ageMs: number;
}

/** The oldest of a server for a room, at most `most`. */
export async function readUndecidedPdus(
  context: Context,
  room: RoomName,
  origin: string,
  most: number,
): Promise<UndecidedPdu[]> {
  const rows = await context.database<(Omit<UndecidedPdu, 'text'> & { body: Uint8Array })[]>`
    SELECT identity, body, extract(epoch FROM clock_timestamp() - received_at)::float8 * 1000 AS "ageMs"
    FROM undecided_pdu WHERE shard = ${room.shard} AND room = ${room.id} AND origin = ${origin}
    ORDER BY id LIMIT ${most}`;
  return rows.map(({ body, ...row }) => ({ ...row, text: unpackEvent(body) }));
}

/** Rooms of shards and servers with such events that are at least so old, at most `most`. */
export async function readUndecidedRooms(
  context: Context,
  shards: readonly number[],
  { minAgeMs, most }: { readonly minAgeMs: number; readonly most: number },
): Promise<{ roomId: string; origin: string }[]> {
  return await context.database<{ roomId: string; origin: string }[]>`
    SELECT r.room_id AS "roomId", u.origin FROM undecided_pdu u JOIN room r ON r.id = u.room
    WHERE u.shard = ANY(${[...shards]}::smallint[]) AND u.received_at <= clock_timestamp() - ${minAgeMs}::float8 * interval '1 millisecond'
    GROUP BY r.room_id, u.origin ORDER BY min(u.id) LIMIT ${most}`;
}

/** How many there are, and how many of them a server sent. */
export async function countUndecidedPdus(
  context: Context,
  origin: string,
): Promise<{ readonly ofOrigin: number; readonly inAll: number }> {
  const [row] = await context.database<{ ofOrigin: number; inAll: number }[]>`
    SELECT count(*) FILTER (WHERE origin = ${origin})::int AS "ofOrigin", count(*)::int AS "inAll" FROM undecided_pdu`;
  return row ?? { ofOrigin: 0, inAll: 0 };
}
