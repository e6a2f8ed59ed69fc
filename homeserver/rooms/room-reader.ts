import type { HistoryVisibility } from '@holdfast/protocol/history-visibility/history-visibility.ts';
import { mayReadEvent } from '@holdfast/protocol/history-visibility/may-read-event.ts';
import type { Context } from '../platform/context.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import type { Membership } from '../storage/rooms/membership-codes.ts';
import { type ReaderSpans, readReaderSpans, type Span } from '../storage/rooms/read-reader-spans.ts';
import type { PositionRange } from '../storage/rooms/read-timeline.ts';
import type { TimelineGap } from '../storage/rooms/read-timeline-gaps.ts';
import { firstPosition, lastPosition, type TimelineSegments, timelineSegments } from './history/timeline-segments.ts';
import { notInRoom } from './room-command.ts';

/** What one user may read of one room. */
export interface RoomReader {
  readonly room: RoomName;
  readonly userId: string;
  /** Now; undefined for users who never were in the room or forgot it. */
  readonly membership: Membership | undefined;
  /** Everybody may read the room at the moment. */
  readonly isWorldReadable: boolean;
  /** The room state that may be read is the one after this position; undefined: the current one. */
  readonly stateAt: number | undefined;
  /** The events that may be read, by their positions; they do not touch. */
  readonly ranges: readonly PositionRange[];
  /** The order of the timeline. */
  readonly segments: TimelineSegments;
  /** The user's membership including what the event at a position did to it (MSC4115). */
  membershipAt(position: number): Membership;
}

/**
 * What a user may read of a room: those who are in it, those who were, up to their leave, and of a world-readable room
 * everybody. Throws M_FORBIDDEN to everybody else, the same for rooms that do not exist. One query.
 * https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility
 */
export async function findRoomReader(context: Context, roomId: string, userId: string): Promise<RoomReader> {
  const reader = await lookUpRoomReader(context, roomId, userId);
  if (!reader) throw notInRoom();
  return reader;
}

/** As findRoomReader, with undefined for those who may read nothing. */
export async function lookUpRoomReader(
  context: Context,
  roomId: string,
  userId: string,
): Promise<RoomReader | undefined> {
  const room = await findRoom(context, roomId);
  if (!room) return undefined;
  const spans = await readReaderSpans(context, room, userId);
  const memberships = spans.forgotten ? [] : spans.memberships;
  const now = memberships.at(-1)?.value;
  const lastJoin = memberships.findLast(({ value }) => value === 'join');
  const isWorldReadable = spans.visibilities.at(-1)?.value === 'world_readable';
  if (!lastJoin && !isWorldReadable) return undefined;
  return {
    room,
    userId,
    membership: now,
    isWorldReadable,
    stateAt: now === 'join' || isWorldReadable ? undefined : lastJoin?.to,
    ranges: readableRanges(userId, memberships, spans.visibilities, spans.gaps),
    segments: timelineSegments(spans.gaps),
    membershipAt: (position) => spanAfter(memberships, position)?.value ?? 'leave',
  };
}

/** An administrator of the server, who may read whatever is in a room; undefined where there is no such room. One query. */
export async function lookUpWholeRoom(
  context: Context,
  roomId: string,
  userId: string,
): Promise<RoomReader | undefined> {
  const room = await findRoom(context, roomId);
  if (!room) return undefined;
  const { memberships, gaps } = await readReaderSpans(context, room, userId);
  return {
    ...{ room, userId, membership: memberships.at(-1)?.value, isWorldReadable: false, stateAt: undefined },
    ranges: [{ first: firstPosition, last: lastPosition }],
    segments: timelineSegments(gaps),
    membershipAt: (position) => spanAfter(memberships, position)?.value ?? 'leave',
  };
}

/** Whether the event at a position may be read. */
export function mayRead(reader: Pick<RoomReader, 'ranges'>, position: number): boolean {
  return reader.ranges.some(({ first, last }) => first <= position && position <= last);
}

/**
 * The place whose room state answers a request about place `at` (undefined: now): the nearest one that the user may
 * look at. Undefined: the current state.
 */
export function readableStateAt(reader: RoomReader, at: number | undefined): number | undefined {
  const { ranges, stateAt } = reader;
  if (at === undefined || (stateAt !== undefined && at > stateAt)) return stateAt;
  // A place lies between two events: to read one of them is enough.
  if (mayRead(reader, at) || mayRead(reader, at + 1)) return at;
  return ranges.find(({ first }) => first > at)?.first ?? stateAt;
}

/**
 * Between two changes of membership or visibility the answer is the same for all events. An event that makes such a
 * change may also be read if the state after it allows it. History that filled a gap counts as what was just before the
 * gap's end, wherever its positions are.
 */
export function readableRanges(
  userId: string,
  memberships: ReaderSpans['memberships'],
  visibilities: ReaderSpans['visibilities'],
  gaps: readonly TimelineGap[] = [],
): PositionRange[] {
  const changes = [...memberships, ...visibilities].map(({ from }) => from);
  const edges = gaps.flatMap(({ first, last }) => [first - 1, last]);
  const boundaries = [...new Set([...changes, ...edges, lastPosition])].sort((a, b) => a - b);
  const placeOf = (position: number) => gaps.find((gap) => gap.first <= position && position <= gap.last)?.before;
  const lastJoinEnd = memberships.findLast(({ value }) => value === 'join')?.to ?? -Infinity;
  const may = (visibility: Span<HistoryVisibility> | undefined, membership: Span<Membership> | undefined, to: number) =>
    mayReadEvent(
      { type: '', content: {} },
      {
        userId,
        historyVisibility: visibility?.value ?? 'shared',
        membership: membership?.value,
        joinedLater: lastJoinEnd >= (placeOf(to) ?? to),
      },
    );
  const ranges: PositionRange[] = [];
  let start = firstPosition;
  for (const end of boundaries) {
    const [visibility, membership] = [spanBefore(visibilities, end), spanBefore(memberships, end)];
    if (may(visibility, membership, end)) addRange(ranges, { first: start, last: end });
    else if (may(spanAfter(visibilities, end), spanAfter(memberships, end), end)) {
      addRange(ranges, { first: end, last: end });
    }
    start = end + 1;
  }
  return ranges;
}

function addRange(ranges: PositionRange[], range: PositionRange): void {
  const before = ranges.at(-1);
  if (before && before.last + 1 >= range.first) ranges[ranges.length - 1] = { first: before.first, last: range.last };
  else ranges.push(range);
}

/** What held just before the event at a position. */
function spanBefore<Value>(spans: readonly Span<Value>[], position: number): Span<Value> | undefined {
  return spans.findLast(({ from, to }) => from < position && position <= to);
}

/** What held once the event at a position had taken effect. */
function spanAfter<Value>(spans: readonly Span<Value>[], position: number): Span<Value> | undefined {
  return spans.findLast(({ from, to }) => from <= position && position < to);
}
