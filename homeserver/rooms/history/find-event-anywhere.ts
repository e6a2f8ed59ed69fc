import { startDeadline } from '@holdfast/effects/deadline.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import { readBackwardExtremities } from '../../storage/rooms/read-history-ends.ts';
import type { Direction } from '../../storage/rooms/read-timeline.ts';
import { findClosestEvent } from '../find-event-by-time.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { askInTurn } from '../remote/ask-in-turn.ts';
import { findRoomReader, mayRead, type RoomReader } from '../room-reader.ts';
import { placeNamedEvent } from './bring-event-here.ts';
import { timelineOrder } from './timeline-segments.ts';

const timeoutMs = 15_000;
const timeoutEachMs = 6_000;

/**
 * The event closest to a time, at or after it (`f`) or at or before it (`b`), among those that the user may read. Where
 * events are missing here that may be closer, other servers are asked; what they find is brought here.
 * Throws M_FORBIDDEN, M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
 */
export async function findEventAnywhere(
  context: Context,
  roomId: string,
  userId: string,
  timestampMs: number,
  direction: Direction,
): Promise<StoredEvent> {
  const reader = await findRoomReader(context, roomId, userId);
  const local = await findClosestEvent(context, reader, timestampMs, direction);
  const closest = (await mayBeCloser(context, reader, local, direction))
    ? ((await findElsewhere(context, reader, local, timestampMs, direction)) ?? local)
    : local;
  if (closest) return closest;
  throw new MatrixError('M_NOT_FOUND', `There is no event from ${timestampMs} on in this direction`);
}

/** Whether events are missing, on the side that counts, that the user might read. */
async function mayBeCloser(
  context: Context,
  reader: RoomReader,
  local: StoredEvent | undefined,
  direction: Direction,
): Promise<boolean> {
  if (!context.config.federation.enabled) return false;
  const compare = timelineOrder(reader.segments);
  return (await readBackwardExtremities(context, reader.room)).some(({ position }) => {
    if (!mayRead(reader, position - 1)) return false;
    if (!local) return true;
    return direction === 'b' ? compare(position, local.position) > 0 : compare(position, local.position) <= 0;
  });
}

interface FoundTime {
  readonly eventId: string;
  readonly timestampMs: number;
}

async function findElsewhere(
  context: Context,
  reader: RoomReader,
  local: StoredEvent | undefined,
  timestampMs: number,
  direction: Direction,
): Promise<StoredEvent | undefined> {
  const { room, userId } = reader;
  const deadline = startDeadline(timeoutMs, `looking for an event of ${room.roomId}`, { clock: context.clock });
  try {
    const { server, answer } = await askForTime(context, reader, timestampMs, direction);
    if (!isCloser(answer, local, timestampMs, direction)) return undefined;
    const source = { server, room, deadline, timeoutEachMs };
    const event = await placeNamedEvent(context, source, answer.eventId);
    if (!event) return undefined;
    return mayRead(await findRoomReader(context, room.roomId, userId), event.position) ? event : undefined;
  } catch (error) {
    if (!(error instanceof MatrixError) && !(error instanceof RemoteServerError)) throw error;
    context.log.info({ roomId: room.roomId, err: error }, 'no other server found an event closer to a time');
    return undefined;
  } finally {
    deadline.finish();
  }
}

/** https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1timestamp_to_eventroomid */
async function askForTime(context: Context, { room }: RoomReader, timestampMs: number, direction: Direction) {
  const others = [...(await joinedServersOf(context, room.roomId))].filter((server) => server !== context.serverName);
  const place = `${encodeURIComponent(room.roomId)}?ts=${timestampMs}&dir=${direction}`;
  const path = `/_matrix/federation/v1/timestamp_to_event/${place}`;
  return await askInTurn(context, others, { timeoutMs, timeoutEachMs }, async (server, leftMs): Promise<FoundTime> => {
    const reply = await askServer(context, { server, path, timeoutMs: leftMs, method: 'GET', maxBytes: 65_536 });
    const { event_id: eventId, origin_server_ts: foundMs } = reply;
    if (typeof eventId !== 'string' || typeof foundMs !== 'number') {
      throw new RemoteServerError('bad-answer', server, 'it did not name an event');
    }
    return { eventId, timestampMs: foundMs };
  });
}

function isCloser(found: FoundTime, local: StoredEvent | undefined, wantedMs: number, direction: Direction): boolean {
  const awayMs = found.timestampMs - wantedMs;
  if (direction === 'f' ? awayMs < 0 : awayMs > 0) return false;
  return !local || Math.abs(awayMs) < Math.abs(local.pdu.origin_server_ts - wantedMs);
}
