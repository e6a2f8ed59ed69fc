import type { Context } from '../platform/context.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { type Direction, type PositionRange, readTimeline } from '../storage/rooms/read-timeline.ts';
import { rangesPerQuery } from './read-messages.ts';
import type { RoomReader } from './room-reader.ts';

/** Events on both sides of the place found that are looked at in full: clocks of senders differ a little. */
const neighbours = 50;
/** More than it takes to halve any number of positions down to one. */
const maxSteps = 60;
/** Filled gaps are looked at apart, the newest ones. */
const mostSegments = 20;

/** What is searched: events of a room that somebody may read. */
type SearchedTimeline = Pick<RoomReader, 'room' | 'ranges' | 'segments'>;

/**
 * The event closest to a time, at or after it (`f`) or at or before it (`b`), or undefined. Some thirty small queries at
 * most, for each segment of the timeline. Timestamps grow along the timeline but for senders'
 * clocks: a search by halves finds the place in each of its segments, and what is near it is compared.
 */
export async function findClosestEvent(
  context: Context,
  timeline: SearchedTimeline,
  timestampMs: number,
  direction: Direction,
): Promise<StoredEvent | undefined> {
  let closest: StoredEvent | undefined;
  for (const segment of timeline.segments.slice(-mostSegments)) {
    const ranges = timeline.ranges
      .map(({ first, last }) => ({ first: Math.max(first, segment.first), last: Math.min(last, segment.last) }))
      .filter(({ first, last }) => first <= last);
    if (ranges.length === 0) continue;
    const part = { ...timeline, ranges, segments: [segment] };
    for (const event of await findNear(context, part, timestampMs)) {
      if (isCloser(event, closest, timestampMs, direction)) closest = event;
    }
  }
  return closest;
}

/** Of events of the same millisecond: the first one when going forwards, the last one when going backwards. */
function isCloser(
  event: StoredEvent,
  closest: StoredEvent | undefined,
  timestampMs: number,
  direction: Direction,
): boolean {
  const awayMs = event.pdu.origin_server_ts - timestampMs;
  if (direction === 'f' ? awayMs < 0 : awayMs > 0) return false;
  const closestMs = closest ? Math.abs(closest.pdu.origin_server_ts - timestampMs) : Infinity;
  return Math.abs(awayMs) < closestMs || (direction === 'b' && Math.abs(awayMs) === closestMs);
}

/** The events around the place where a time would stand in one segment, oldest first. */
async function findNear(context: Context, part: SearchedTimeline, timestampMs: number): Promise<StoredEvent[]> {
  const place = await findPlace(context, part, timestampMs);
  const [before, after] = await Promise.all([readNear(context, part, 'b', place), readNear(context, part, 'f', place)]);
  return [...before.toReversed(), ...after];
}

/** The place after the last event that is older than the time. */
async function findPlace(context: Context, part: SearchedTimeline, timestampMs: number): Promise<number> {
  const [[first], [last]] = await Promise.all([
    readTimeline(context, part.room, part.ranges, 'f', 1),
    readTimeline(context, part.room, part.ranges, 'b', 1),
  ]);
  let low = (first?.position ?? 0) - 1;
  let high = last?.position ?? 0;
  for (let step = 0; low < high && step < maxSteps; step++) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await readNear(context, part, 'f', middle, 1);
    if (event && event.pdu.origin_server_ts < timestampMs) low = event.position;
    else high = middle;
  }
  return low;
}

/** Within one segment positions are the order. */
function readNear(
  context: Context,
  { room, ranges }: SearchedTimeline,
  direction: Direction,
  place: number,
  limit = neighbours,
) {
  const near: PositionRange[] = ranges
    .map(({ first, last }) =>
      direction === 'b' ? { first, last: Math.min(last, place) } : { first: Math.max(first, place + 1), last },
    )
    .filter(({ first, last }) => first <= last);
  const nearest = direction === 'b' ? near.slice(-rangesPerQuery) : near.slice(0, rangesPerQuery);
  return readTimeline(context, room, nearest, direction, limit);
}
