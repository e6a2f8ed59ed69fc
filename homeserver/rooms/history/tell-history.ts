import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readWireEvent, readWireEvents } from '../../storage/rooms/read-wire-events.ts';
import { filterForServer } from './filter-for-server.ts';
import { requireHistoryReader } from './require-history-reader.ts';
import { walkHistory } from './walk-history.ts';

const mostBackfilled = 100;
const mostMissing = 100;

/**
 * Events and what came before them, as the texts that the asking server gets. Throws M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1backfillroomid
 */
export async function tellBackfill(
  context: Context,
  serverName: string,
  request: { readonly roomId: string; readonly eventIds: readonly string[]; readonly limit: number },
): Promise<string[]> {
  const room = await requireHistoryReader(context, request.roomId, serverName);
  const limit = Math.min(request.limit, mostBackfilled);
  const events = await walkHistory(context, room, request.eventIds, { limit });
  return await filterForServer(context, room, serverName, events);
}

export interface MissingEventsRequest {
  readonly roomId: string;
  readonly earliestIds: readonly string[];
  readonly latestIds: readonly string[];
  readonly limit: number;
  readonly minDepth: number;
}

/**
 * What lies between events that the asking server has and events that it heard of, oldest first. Throws M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1get_missing_eventsroomid
 */
export async function tellMissingEvents(
  context: Context,
  serverName: string,
  request: MissingEventsRequest,
): Promise<string[]> {
  const room = await requireHistoryReader(context, request.roomId, serverName);
  const latest = [...(await readWireEvents(context, room, request.latestIds)).values()];
  const except = new Set([...request.earliestIds, ...request.latestIds]);
  const starts = new Set(latest.flatMap(({ pdu }) => pdu.prev_events.map(referencedEventId)));
  const events = await walkHistory(context, room, [...starts], {
    limit: Math.min(request.limit, mostMissing),
    except,
    minDepth: request.minDepth,
  });
  return await filterForServer(context, room, serverName, events.toReversed());
}

/**
 * One event as the text that the asking server gets. Throws M_NOT_FOUND, M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1eventeventid
 */
export async function tellEvent(context: Context, serverName: string, eventId: string): Promise<string> {
  const event = await readWireEvent(context, eventId);
  if (!event) throw new MatrixError('M_NOT_FOUND', 'There is no such event');
  const room = await requireHistoryReader(context, event.roomId, serverName);
  const [text] = await filterForServer(context, room, serverName, [event]);
  return text ?? '';
}
