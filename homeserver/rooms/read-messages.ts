import { matchesEventFilter, matchesRoom, type RoomEventFilter } from '@holdfast/protocol/filters/event-filter.ts';
import type { Context } from '../platform/context.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { type Direction, type PositionRange, readTimeline } from '../storage/rooms/read-timeline.ts';
import { placeBehind, segmentsBetween } from './history/timeline-segments.ts';
import type { RoomReader } from './room-reader.ts';

export interface MessagesRequest {
  readonly direction: Direction;
  /** Places in the timeline, each after the event at its position; see protocol/sync-tokens/pagination-token.ts. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly limit: number;
  readonly filter: RoomEventFilter;
}

export interface MessagesPage {
  readonly events: readonly StoredEvent[];
  /** The place in front of the first event, in the direction of reading. */
  readonly start: number;
  /** Where to go on, given whenever there are events and no `to`; undefined: there is nothing further to read. */
  readonly end: number | undefined;
}

/** A filter that hardly anything passes ends a page after so many events, and the client goes on from there. */
const mostScanned = 5_000;
/** Ranges that one query looks into; who joined and left more often gets shorter pages. */
export const rangesPerQuery = 100;

/**
 * A page of the events that somebody may read. One query; with a filter that passes few events a handful, and one more
 * for each filled gap that it goes through.
 */
export async function readMessages(
  context: Context,
  reader: RoomReader,
  request: MessagesRequest,
): Promise<MessagesPage> {
  const { direction, filter, limit } = request;
  if (limit === 0) return { events: [], start: request.from ?? 0, end: request.from };
  const backwards = direction === 'b';
  const found: StoredEvent[] = [];
  let place = request.from;
  let start = request.from;
  let scanned = 0;
  let wanted = limit + 1;
  const passes = matchesRoom(filter, reader.room.roomId);
  while (passes && scanned < mostScanned) {
    const { ranges, end } = nextRanges(reader, direction, place, request.to);
    const events = await readTimeline(context, reader.room, ranges, direction, wanted);
    if (start === undefined && events[0]) start = placeBefore(events[0], backwards);
    for (const event of events) {
      if (!matchesEventFilter(filter, event.pdu)) continue;
      if (found.length === limit)
        return page(found, start, placeAfter(found.at(-1) as StoredEvent, backwards), request);
      found.push(event);
    }
    const last = events.length < wanted ? undefined : events.at(-1);
    place = last ? placeAfter(last, backwards) : end;
    if (place === undefined || found.length === limit) return page(found, start, place, request);
    scanned += events.length + 1;
    wanted = Math.min(wanted * 4, 1_000);
  }
  return page(found, start, passes ? place : undefined, request);
}

function page(
  events: readonly StoredEvent[],
  start: number | undefined,
  end: number | undefined,
  { direction, to }: MessagesRequest,
): MessagesPage {
  const last = to === undefined ? events.at(-1) : undefined;
  return { events, start: start ?? 0, end: end ?? (last && placeAfter(last, direction === 'b')) };
}

function placeBefore(event: StoredEvent, backwards: boolean): number {
  return backwards ? event.position : event.position - 1;
}

function placeAfter(event: StoredEvent, backwards: boolean): number {
  return backwards ? event.position - 1 : event.position;
}

/**
 * The readable ranges of the next stretch of the timeline between two places, and the place behind it when there is
 * more. Within a stretch, positions are the order.
 */
export function nextRanges(
  { ranges, segments }: Pick<RoomReader, 'ranges' | 'segments'>,
  direction: Direction,
  from: number | undefined,
  to: number | undefined,
): { ranges: PositionRange[]; end: number | undefined } {
  const backwards = direction === 'b';
  const parts = segmentsBetween(segments, direction, from, to);
  for (const [index, part] of parts.entries()) {
    const between = ranges
      .map((range) => ({ first: Math.max(range.first, part.first), last: Math.min(range.last, part.last) }))
      .filter((range) => range.first <= range.last);
    if (between.length === 0) continue;
    if (between.length <= rangesPerQuery) {
      const isLast = index === parts.length - 1;
      return { ranges: between, end: isLast ? undefined : placeBehind(segments, part, backwards) };
    }
    if (!backwards) return { ranges: between.slice(0, rangesPerQuery), end: between[rangesPerQuery - 1]?.last };
    const nearest = between.slice(-rangesPerQuery);
    return { ranges: nearest, end: (nearest[0]?.first ?? 0) - 1 };
  }
  return { ranges: [], end: undefined };
}
