import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { type Direction, type PositionRange, readTimeline } from '../storage/rooms/read-timeline.ts';
import { nextRanges } from './read-messages.ts';
import { findRoomReader, type RoomReader } from './room-reader.ts';

/** Events on both sides of the place found that are looked at in full: clocks of senders differ a little. */
const neighbours = 50;
/** More than it takes to halve any number of positions down to one. */
const maxSteps = 60;

/**
 * The event closest to a time, at or after it (`f`) or at or before it (`b`), among those that the user may read.
 * Timestamps grow with positions but for senders' clocks: a search by halves finds the place, and what is near it is
 * compared. Some thirty small queries at most. Throws M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
 */
export async function findEventByTime(
  context: Context,
  roomId: string,
  userId: string,
  timestampMs: number,
  direction: Direction,
): Promise<StoredEvent> {
  const reader = await findRoomReader(context, roomId, userId);
  const place = await findPlace(context, reader, timestampMs);
  const [before, after] = await Promise.all([
    readNear(context, reader, 'b', place),
    readNear(context, reader, 'f', place),
  ]);
  let closest: StoredEvent | undefined;
  for (const event of [...before.toReversed(), ...after]) {
    const awayMs = event.pdu.origin_server_ts - timestampMs;
    if (direction === 'f' ? awayMs < 0 : awayMs > 0) continue;
    const closestMs = closest ? Math.abs(closest.pdu.origin_server_ts - timestampMs) : Infinity;
    // Of events of the same millisecond: the first one when going forwards, the last one when going backwards.
    if (Math.abs(awayMs) < closestMs || (direction === 'b' && Math.abs(awayMs) === closestMs)) closest = event;
  }
  if (closest) return closest;
  throw new MatrixError('M_NOT_FOUND', `There is no event from ${timestampMs} on in this direction`);
}

/** The place after the last event that is older than the time. */
async function findPlace(context: Context, reader: RoomReader, timestampMs: number): Promise<number> {
  const [[first], [last]] = await Promise.all([
    readTimeline(context, reader.room, reader.ranges, 'f', 1),
    readTimeline(context, reader.room, reader.ranges, 'b', 1),
  ]);
  let low = (first?.position ?? 0) - 1;
  let high = last?.position ?? 0;
  for (let step = 0; low < high && step < maxSteps; step++) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await readNear(context, reader, 'f', middle, 1);
    if (event && event.pdu.origin_server_ts < timestampMs) low = event.position;
    else high = middle;
  }
  return low;
}

function readNear(context: Context, reader: RoomReader, direction: Direction, place: number, limit = neighbours) {
  const ranges: readonly PositionRange[] = nextRanges(reader.ranges, direction, place, undefined).ranges;
  return readTimeline(context, reader.room, ranges, direction, limit);
}
