import type { Direction, PositionRange } from '../../storage/rooms/read-timeline.ts';
import type { TimelineGap } from '../../storage/rooms/read-timeline-gaps.ts';

interface TimelineSegment extends PositionRange {
  /** Its first event is the one that a filled gap stands before. */
  readonly comesAfterGap: boolean;
}

/**
 * A room's timeline in its order, oldest first, as ranges of positions. Positions alone are that order in rooms whose
 * history was never filled in between; then it is one range.
 */
export type TimelineSegments = readonly TimelineSegment[];

/** Beyond every position, and still a number that SQL can hold. */
export const firstPosition = -9e15;
export const lastPosition = 9e15;

/** Each filled gap stands right before its event; of several before the same one, what was filled first is the newest. */
export function timelineSegments(gaps: readonly TimelineGap[]): TimelineSegments {
  if (gaps.length === 0) return [{ first: firstPosition, last: lastPosition, comesAfterGap: false }];
  const byBefore = Map.groupBy(gaps, ({ before }) => before);
  const segments: TimelineSegment[] = [];
  const addOrdinary = (first: number, last: number) => {
    for (const range of withoutGaps({ first, last }, gaps)) {
      segments.push({ ...range, comesAfterGap: byBefore.has(range.first) });
    }
  };
  let start = firstPosition;
  for (const before of [...byBefore.keys()].sort((one, other) => one - other)) {
    addOrdinary(start, before - 1);
    const own = [...(byBefore.get(before) ?? [])].sort((one, other) => one.first - other.first);
    segments.push(...own.map(({ first, last }) => ({ first, last, comesAfterGap: false })));
    start = before;
  }
  addOrdinary(start, lastPosition);
  return segments;
}

/** The range without the positions of gaps, which have their place elsewhere. */
function withoutGaps(range: PositionRange, gaps: readonly TimelineGap[]): PositionRange[] {
  const inside = gaps.filter(({ first, last }) => first <= range.last && last >= range.first);
  const parts: PositionRange[] = [];
  let { first } = range;
  for (const gap of inside.toSorted((one, other) => one.first - other.first)) {
    if (gap.first > first) parts.push({ first, last: gap.first - 1 });
    first = gap.last + 1;
  }
  if (first <= range.last) parts.push({ first, last: range.last });
  return parts;
}

/**
 * The parts of the timeline between two places, in the direction of reading. A place is after the event at its position,
 * and when a filled gap comes right after that, after the gap: so reading backwards from an event goes through the gap
 * before it.
 */
export function segmentsBetween(
  segments: TimelineSegments,
  direction: Direction,
  from: number | undefined,
  to: number | undefined,
): PositionRange[] {
  return direction === 'b' ? backwards(segments, from, to) : forwards(segments, from, to);
}

function backwards(segments: TimelineSegments, from: number | undefined, to: number | undefined): PositionRange[] {
  const upTo = from === undefined ? segments.slice() : before(segments, from);
  const parts = to === undefined ? upTo : cutAfter(segments, upTo, to);
  return parts.toReversed();
}

function forwards(segments: TimelineSegments, from: number | undefined, to: number | undefined): PositionRange[] {
  const upTo = to === undefined ? segments.slice() : before(segments, to);
  return from === undefined ? upTo : cutAfter(segments, upTo, from);
}

/**
 * The place behind a whole part of the timeline, in the direction of reading. Next to a filled gap's positions lies one
 * without an event on each side (TimelineGap), which is the place between the gap and what its positions cut apart.
 */
export function placeBehind(segments: TimelineSegments, part: PositionRange, isBackwards: boolean): number {
  if (!isBackwards) return part.last;
  const segment = segments.find(({ first }) => first === part.first);
  return segment?.comesAfterGap ? part.first - 1 : part.first;
}

/** What is not after a place. */
function before(segments: TimelineSegments, place: number): PositionRange[] {
  const next = segments.findIndex(({ first, comesAfterGap }) => comesAfterGap && first === place + 1);
  if (next > 0) return segments.slice(0, next);
  const index = indexOf(segments, place);
  const segment = segments[index];
  // The lowest position next to a filled gap has no event: nothing of this stretch is left.
  if (segment?.first === place && !segment.comesAfterGap) return segments.slice(0, index);
  return segment ? [...segments.slice(0, index), { first: segment.first, last: place }] : [];
}

/** Of parts that begin where the segments do: what is after a place. */
function cutAfter(segments: TimelineSegments, parts: readonly PositionRange[], place: number): PositionRange[] {
  const index = indexOf(segments, place);
  return parts.slice(index).flatMap((part, offset) => {
    if (offset > 0) return [part];
    return part.last > place ? [{ first: Math.max(part.first, place + 1), last: part.last }] : [];
  });
}

/** The segment that a position is in; places that are in none are those below all. */
function indexOf(segments: TimelineSegments, position: number): number {
  const index = segments.findIndex(({ first, last }) => first <= position && position <= last);
  return index === -1 ? 0 : index;
}

/** Where a position stands: compare with another one's to know which event is the older. */
export function timelineOrder(segments: TimelineSegments): (one: number, other: number) => number {
  return (one, other) => indexOf(segments, one) - indexOf(segments, other) || one - other;
}
