import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { matchesEventFilter, matchesRoom, type RoomEventFilter } from '@holdfast/protocol/filters/event-filter.ts';
import { isEventIdOfFormat } from '@holdfast/protocol/identifiers/event-id.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { encodePaginationToken } from '@holdfast/protocol/sync-tokens/pagination-token.ts';
import type { Context } from '../platform/context.ts';
import { eventFlags, hiddenFlags, type StoredEvent } from '../storage/rooms/event-row.ts';
import { readEventById } from '../storage/rooms/read-events.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { type TimelineEvent, timelineEventsOf } from '../storage/sync/timeline-event.ts';
import { clientEventsText, clientEventText } from './client-event-text.ts';
import { withoutErased } from './erased-users.ts';
import { bringEventHere } from './history/bring-event-here.ts';
import { readMessages } from './read-messages.ts';
import { showEvents } from './relations/show-events.ts';
import { lookUpRoomReader, lookUpWholeRoom, mayRead, type RoomReader } from './room-reader.ts';

interface Viewer {
  readonly userId: string;
  readonly deviceId: string;
}

/** The same whether the event does not exist, is elsewhere, or may not be read. */
function eventNotFound(): MatrixError {
  return new MatrixError('M_NOT_FOUND', 'There is no such event in this room, or you may not read it');
}

/**
 * An event that a user may read. Two queries; for one that is not here, in a room of which something is missing, other
 * servers are asked first. Throws M_NOT_FOUND.
 */
export async function findReadableEvent(
  context: Context,
  roomId: string,
  eventId: string,
  userId: string,
): Promise<{ reader: RoomReader; event: StoredEvent }> {
  const [reader, event] = await Promise.all([
    lookUpRoomReader(context, roomId, userId),
    readEventById(context, eventId),
  ]);
  const isPlaced = event && event.roomNumber === reader?.room.id && (event.flags & hiddenFlags) === 0;
  if (reader && isPlaced && mayRead(reader, event.position)) return { reader, event };
  // What is stored as state alone has no place in the timeline yet; what was refused keeps none.
  const isAbsent =
    !event || (event.roomNumber === reader?.room.id && (event.flags & hiddenFlags) === eventFlags.outlier);
  if (!reader || !isAbsent || !isEventIdHere(reader, eventId) || !(await bringEventHere(context, reader, eventId))) {
    throw eventNotFound();
  }
  return await findBroughtEvent(context, roomId, eventId, userId);
}

/** An event that is here, whoever may read it. Throws M_NOT_FOUND. */
async function findAnyEvent(context: Context, roomId: string, eventId: string, userId: string) {
  const [reader, event] = await Promise.all([
    lookUpWholeRoom(context, roomId, userId),
    readEventById(context, eventId),
  ]);
  if (!reader || event?.roomNumber !== reader.room.id || (event.flags & hiddenFlags) !== 0) throw eventNotFound();
  return { reader, event };
}

/** Nobody has an event whose id is none. */
function isEventIdHere({ room }: RoomReader, eventId: string): boolean {
  const rules = roomVersionRules(room.version);
  return rules !== undefined && isEventIdOfFormat(eventId, rules.eventIds);
}

async function findBroughtEvent(context: Context, roomId: string, eventId: string, userId: string) {
  const event = await readEventById(context, eventId);
  // The timeline is another one now.
  const reader = await lookUpRoomReader(context, roomId, userId);
  if (!reader || !event || (event.flags & hiddenFlags) !== 0 || !mayRead(reader, event.position)) throw eventNotFound();
  return { reader, event };
}

/**
 * One event as JSON text. Four queries, and up to four more where something relates to it. Throws M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid
 */
export async function viewEvent(context: Context, viewer: Viewer, roomId: string, eventId: string): Promise<string> {
  const { reader, event } = await findReadableEvent(context, roomId, eventId, viewer.userId);
  const eventViewer = { ...viewer, nowMs: context.clock.wallMs() };
  const [shown] = await showEvents(context, reader, eventViewer, [event]);
  return clientEventText(shown as TimelineEvent, eventViewer, roomId, reader.membershipAt);
}

const defaultContextLimit = 10;
const maxContextLimit = 100;

/**
 * The reply of /context as JSON text: an event, what was before and after it, and the state at the last event that is
 * told. Seven queries whatever the limit, and up to four more for what
 * relates to the events. Throws M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
 */
export async function viewEventContext(
  context: Context,
  viewer: Viewer,
  request: {
    readonly roomId: string;
    readonly eventId: string;
    readonly limit?: number | undefined;
    readonly filter: RoomEventFilter;
    /** The viewer is an administrator of the server, and has a right to all that is here. */
    readonly asAdministrator?: boolean;
  },
): Promise<string> {
  const { roomId, filter, eventId } = request;
  const { reader, event } = request.asAdministrator
    ? await findAnyEvent(context, roomId, eventId, viewer.userId)
    : await findReadableEvent(context, roomId, eventId, viewer.userId);
  const { shard } = reader.room;
  const limit = Math.min(request.limit ?? filter.limit ?? defaultContextLimit, maxContextLimit);
  const beforeLimit = Math.floor(limit / 2);
  const read = (direction: 'b' | 'f', from: number, most: number) =>
    readMessages(context, reader, { direction, from, to: undefined, limit: most, filter });
  const [before, after] = await Promise.all([
    read('b', event.position - 1, beforeLimit),
    read('f', event.position, limit - beforeLimit),
  ]);
  const last = after.events.at(-1) ?? event;
  const state = await readContextState(context, reader, filter, last.position, [
    event,
    ...before.events,
    ...after.events,
  ]);
  const eventViewer = { ...viewer, nowMs: context.clock.wallMs() };
  const timeline = await showEvents(context, reader, eventViewer, [event, ...before.events, ...after.events]);
  const stateEvents = await timelineEventsOf(context, state, true);
  const all = [...timeline, ...withoutErased(context, roomId, stateEvents, reader.membershipAt)];
  const text = (from: number, count: number) =>
    clientEventsText(all.slice(from, from + count), eventViewer, roomId, reader.membershipAt);
  const token = (position: number) => JSON.stringify(encodePaginationToken({ shard, position }));
  const afterIndex = 1 + before.events.length;
  const stateIndex = afterIndex + after.events.length;
  const first = before.events.at(-1) ?? event;
  return (
    `{"event":${clientEventText(all[0] as TimelineEvent, eventViewer, roomId, reader.membershipAt)}` +
    `,"events_before":${text(1, before.events.length)}` +
    `,"events_after":${text(afterIndex, after.events.length)}` +
    `,"state":${text(stateIndex, state.length)}` +
    `,"start":${token(before.end ?? first.position - 1)},"end":${token(after.end ?? last.position)}}`
  );
}

/** With lazy-loaded members: only those who sent one of the events. */
async function readContextState(
  context: Context,
  { room }: RoomReader,
  filter: RoomEventFilter,
  at: number,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  if (!matchesRoom(filter, room.roomId)) return [];
  const senders = [...new Set(events.map(({ pdu }) => pdu.sender))];
  const state = filter.lazyLoadMembers
    ? await Promise.all([
        readState(context, room, { at, withoutMembers: true }),
        readState(context, room, { at, keys: senders.map((sender) => ['m.room.member', sender]) }),
      ])
    : [await readState(context, room, { at })];
  return state.flat().filter(({ pdu }) => matchesEventFilter(filter, pdu));
}
