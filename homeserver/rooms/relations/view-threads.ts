import { encodePaginationToken } from '@holdfast/protocol/sync-tokens/pagination-token.ts';
import type { Context } from '../../platform/context.ts';
import { findNames } from '../../storage/names/intern-names.ts';
import { readThreads, type StoredThread } from '../../storage/rooms/read-relations.ts';
import { clientEventsText } from '../client-event-text.ts';
import { lastPosition } from '../history/timeline-segments.ts';
import { findRoomReader, mayRead } from '../room-reader.ts';
import { decodePlace } from '../view-messages.ts';
import { showEvents } from './show-events.ts';
import { maxRelations } from './view-relations.ts';

const defaultLimit = 10;
/** Pages that are looked through for threads that the user may read. */
const maxReads = 10;

export interface ViewThreadsRequest {
  readonly roomId: string;
  /** Only threads that the user began or wrote in. */
  readonly onlyParticipated: boolean;
  readonly from?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * The reply of /threads as JSON text: the roots of a room's threads that the user may read, the one with the newest
 * event first. Throws M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
 */
export async function viewThreads(
  context: Context,
  viewer: { readonly userId: string; readonly deviceId: string },
  request: ViewThreadsRequest,
): Promise<string> {
  const { userId } = viewer;
  const reader = await findRoomReader(context, request.roomId, userId);
  const { room } = reader;
  const limit = Math.min(Math.max(request.limit ?? defaultLimit, 1), maxRelations);
  const participant = request.onlyParticipated ? ((await findNames(context, [userId])).get(userId) ?? 0) : undefined;
  const threads: StoredThread[] = [];
  let last = decodePlace(room, 'from', request.from) ?? lastPosition;
  let hasMore = true;
  for (let read = 0; read < maxReads && hasMore && threads.length < limit; read++) {
    const wanted = limit - threads.length;
    const found = await readThreads(context, room, { last, participant, limit: wanted });
    threads.push(...found.filter(({ root, latest }) => mayRead(reader, root.position) && mayRead(reader, latest)));
    hasMore = found.length === wanted;
    last = (found.at(-1)?.latest ?? last) - 1;
  }
  const eventViewer = { ...viewer, nowMs: context.clock.wallMs() };
  const roots = threads.map(({ root }) => root);
  const shown = await showEvents(context, reader, eventViewer, roots);
  const chunk = clientEventsText(shown, eventViewer, request.roomId, reader.membershipAt);
  const next = hasMore ? JSON.stringify(encodePaginationToken({ shard: room.shard, position: last })) : undefined;
  return `{"chunk":${chunk}${next === undefined ? '' : `,"next_batch":${next}`}}`;
}
