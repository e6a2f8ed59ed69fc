import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import type { Direction } from '../../storage/rooms/read-timeline.ts';
import { readTimelineGaps } from '../../storage/rooms/read-timeline-gaps.ts';
import { findClosestEvent } from '../find-event-by-time.ts';
import { isServerInRoom } from '../joined-servers.ts';
import { requireHistoryReader } from './require-history-reader.ts';
import { firstPosition, lastPosition, timelineSegments } from './timeline-segments.ts';

/**
 * The event of a room closest to a time, for another server, which is told no more than its id and time. Throws
 * M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1timestamp_to_eventroomid
 */
export async function findEventByTimeForServer(
  context: Context,
  serverName: string,
  roomId: string,
  timestampMs: number,
  direction: Direction,
): Promise<StoredEvent> {
  const room = await requireHistoryReader(context, roomId, serverName);
  if (!(await isServerInRoom(context, roomId))) {
    throw new MatrixError('M_NOT_FOUND', 'This server is not in the room any more');
  }
  const segments = timelineSegments(await readTimelineGaps(context, room));
  const everything = { room, segments, ranges: [{ first: firstPosition, last: lastPosition }] };
  const event = await findClosestEvent(context, everything, timestampMs, direction);
  if (event) return event;
  throw new MatrixError('M_NOT_FOUND', `There is no event from ${timestampMs} on in this direction`);
}
