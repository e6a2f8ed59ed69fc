import { relationOf } from '@holdfast/protocol/events/relation.ts';
import { encodePaginationToken } from '@holdfast/protocol/sync-tokens/pagination-token.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../../storage/names/intern-names.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import { type RelationSearch, readRelations } from '../../storage/rooms/read-relations.ts';
import type { Direction } from '../../storage/rooms/read-timeline.ts';
import { clientEventsText } from '../client-event-text.ts';
import { firstPosition, lastPosition } from '../history/timeline-segments.ts';
import { mayRead, type RoomReader } from '../room-reader.ts';
import { findReadableEvent } from '../view-event.ts';
import { decodePlace } from '../view-messages.ts';
import { showEvents } from './show-events.ts';

const defaultLimit = 10;
export const maxRelations = 100;
/** With `recurse`: through how many events an event may relate to another one. */
const maxDepth = 3;
/** Pages that are looked through for events that the user may read. */
const maxReads = 10;

export interface ViewRelationsRequest {
  readonly roomId: string;
  readonly eventId: string;
  readonly relType?: string | undefined;
  readonly eventType?: string | undefined;
  readonly direction: Direction;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
  readonly recurse: boolean;
}

/**
 * The reply of /relations as JSON text: the events that relate to an event, as far as the user may read them. Throws
 * M_NOT_FOUND for an event that the user may not read, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
 */
export async function viewRelations(
  context: Context,
  viewer: { readonly userId: string; readonly deviceId: string },
  request: ViewRelationsRequest,
): Promise<string> {
  const { roomId, eventId, eventType, direction, recurse } = request;
  const { reader } = await findReadableEvent(context, roomId, eventId, viewer.userId);
  const { room } = reader;
  const limit = Math.min(Math.max(request.limit ?? defaultLimit, 1), maxRelations);
  const type = eventType === undefined ? undefined : (await findNames(context, [eventType])).get(eventType);
  const isUnknownType = eventType !== undefined && type === undefined;
  const search = {
    ...{ eventId, relType: request.relType, type, direction, depth: recurse ? maxDepth : 1 },
    ...rangeOf(direction, decodePlace(room, 'from', request.from), decodePlace(room, 'to', request.to)),
  };
  const { events, next } = isUnknownType ? nothing : await readPage(context, reader, search, limit);
  const eventViewer = { ...viewer, nowMs: context.clock.wallMs() };
  const shown = await showEvents(context, reader, eventViewer, events);
  let text = `{"chunk":${clientEventsText(shown, eventViewer, roomId, reader.membershipAt)}`;
  if (next !== undefined) {
    text += `,"next_batch":${JSON.stringify(encodePaginationToken({ shard: room.shard, position: next }))}`;
  }
  if (request.from) text += `,"prev_batch":${JSON.stringify(request.from)}`;
  if (recurse) text += `,"recursion_depth":${maxDepth}`;
  return `${text}}`;
}

/** A place lies after the event at its position. */
function rangeOf(direction: Direction, from: number | undefined, to: number | undefined) {
  const [low, high] = direction === 'b' ? [to, from] : [from, to];
  return { first: low === undefined ? firstPosition : low + 1, last: high ?? lastPosition };
}

const nothing: { readonly events: readonly StoredEvent[]; readonly next: undefined } = { events: [], next: undefined };

/** At most `limit` events, and the place behind them where there are more. */
async function readPage(
  context: Context,
  reader: RoomReader,
  search: RelationSearch,
  limit: number,
): Promise<{ readonly events: readonly StoredEvent[]; readonly next: number | undefined }> {
  const backwards = search.direction === 'b';
  const events: StoredEvent[] = [];
  let { first, last } = search;
  for (let read = 0; read < maxReads; read++) {
    const rows = await readRelations(context, reader.room, { ...search, first, last }, limit + 1);
    for (const row of rows) {
      if (events.length === limit) return { events, next: placeBehind(events.at(-1), backwards) };
      if (mayRead(reader, row.position) && relatesTo(row, search)) events.push(row);
    }
    const end = placeBehind(rows.at(-1), backwards);
    if (rows.length <= limit || end === undefined) return { events, next: undefined };
    if (backwards) last = end;
    else first = end + 1;
  }
  return { events, next: backwards ? last : first - 1 };
}

function placeBehind(event: StoredEvent | undefined, backwards: boolean): number | undefined {
  return event && (backwards ? event.position - 1 : event.position);
}

/** What is stored of a relation is a hash. */
function relatesTo({ pdu }: StoredEvent, { eventId, depth }: RelationSearch): boolean {
  const relation = relationOf(pdu);
  return relation !== undefined && (depth > 1 || relation.eventId === eventId);
}
