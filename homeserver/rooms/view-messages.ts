import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { maxFilterLimit, type RoomEventFilter } from '@holdfast/protocol/filters/event-filter.ts';
import { decodeTimelinePosition, encodePaginationToken } from '@holdfast/protocol/sync-tokens/pagination-token.ts';
import type { Context } from '../platform/context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { readState } from '../storage/rooms/read-state.ts';
import type { Direction } from '../storage/rooms/read-timeline.ts';
import { timelineEventsOf } from '../storage/sync/timeline-event.ts';
import { clientEventsText } from './client-event-text.ts';
import { readFilledMessages } from './history/read-filled-messages.ts';
import { readMessages } from './read-messages.ts';
import { showEvents } from './relations/show-events.ts';
import { findRoomReader, lookUpWholeRoom, type RoomReader } from './room-reader.ts';

const defaultLimit = 10;

export interface ViewMessagesRequest {
  readonly direction: Direction;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
  readonly filter: RoomEventFilter;
  /** The viewer is an administrator of the server, and has a right to all that is here. */
  readonly asAdministrator?: boolean;
}

/**
 * The reply of /messages as JSON text: what the user may read of a room's timeline. Four to seven queries, whatever the
 * size of the page, and up to five for what relates to its events; history that is not here is asked for at other
 * servers, but for an administrator. Throws M_FORBIDDEN, M_INVALID_PARAM; M_NOT_FOUND to an administrator.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
 */
export async function viewMessages(
  context: Context,
  viewer: { readonly userId: string; readonly deviceId: string },
  roomId: string,
  request: ViewMessagesRequest,
): Promise<string> {
  const { asAdministrator = false } = request;
  const found = await (asAdministrator ? findWholeRoom : findRoomReader)(context, roomId, viewer.userId);
  const { room } = found;
  const { direction, filter } = request;
  const limit = Math.min(Math.max(request.limit ?? filter.limit ?? defaultLimit, 1), maxFilterLimit);
  const from = decodePlace(room, 'from', request.from);
  const to = decodePlace(room, 'to', request.to);
  const wanted = { direction, from, to, limit, filter };
  const { page, reader } = asAdministrator
    ? { page: await readMessages(context, found, wanted), reader: found }
    : await readFilledMessages(context, found, wanted);
  const { events, start, end } = page;
  const eventViewer = { ...viewer, nowMs: context.clock.wallMs() };
  const shown = await showEvents(context, reader, eventViewer, events);
  const token = (position: number) => JSON.stringify(encodePaginationToken({ shard: room.shard, position }));
  let text = `{"chunk":${clientEventsText(shown, eventViewer, roomId, reader.membershipAt)}`;
  if (filter.lazyLoadMembers) {
    const members = await timelineEventsOf(context, await readSenders(context, room, events), true);
    text += `,"state":${clientEventsText(members, eventViewer, roomId)}`;
  }
  text += `,"start":${request.from === undefined ? token(start) : JSON.stringify(request.from)}`;
  if (end !== undefined) text += `,"end":${token(end)}`;
  return `${text}}`;
}

async function findWholeRoom(context: Context, roomId: string, userId: string): Promise<RoomReader> {
  const reader = await lookUpWholeRoom(context, roomId, userId);
  if (!reader) throw new MatrixError('M_NOT_FOUND', 'This room is not known here');
  return reader;
}

/** The position that a token means. Throws M_INVALID_PARAM for what is no token of this room. */
export function decodePlace(room: RoomName, name: string, token: string | undefined): number | undefined {
  if (token === undefined || token === '') return undefined;
  const position = decodeTimelinePosition(token, room.shard);
  if (position === undefined) throw new MatrixError('M_INVALID_PARAM', `${name} is not a token of this room`);
  return position;
}

/** The member events of those who sent events, as they were at the newest of these events. One query. */
export async function readSenders(
  context: Context,
  room: RoomName,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const senders = [...new Set(events.map(({ pdu }) => pdu.sender))];
  if (senders.length === 0) return [];
  const at = Math.max(...events.map(({ position }) => position));
  return await readState(context, room, { at, keys: senders.map((sender) => ['m.room.member', sender]) });
}
