import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { setAccountDataCommand } from '../../../accounts/account-data.ts';
import type { Context } from '../../../platform/context.ts';
import { readAccountData } from '../../../storage/accounts/read-account-data.ts';
import { findRoom } from '../../../storage/names/room-names.ts';
import { shardOfUser } from '../../../storage/names/shard-of.ts';
import { readEventsById } from '../../../storage/rooms/read-events.ts';
import { readStateEvent } from '../../../storage/rooms/read-state.ts';

const type = 'm.fully_read';

/**
 * Moves a user's fully read marker forward; it is room account data that only this changes. Throws M_FORBIDDEN for who
 * is not joined, and M_NOT_FOUND for an event that is not in the room.
 * https://spec.matrix.org/v1.19/client-server-api/#fully-read-markers
 */
export async function setFullyRead(context: Context, userId: string, roomId: string, eventId: string): Promise<void> {
  const room = await findRoom(context, roomId);
  const member = room && (await readStateEvent(context, room, 'm.room.member', userId));
  if (!room || member?.pdu.content['membership'] !== 'join') {
    throw new MatrixError('M_FORBIDDEN', 'You are not in this room');
  }
  const before = readMarkedEvent(await readAccountData(context.database, userId, roomId, type));
  const events = await readEventsById(context, [eventId, before]);
  const event = events.get(eventId);
  if (!event || event.roomNumber !== room.id) throw new MatrixError('M_NOT_FOUND', 'This event is not in the room');
  const marked = events.get(before);
  if (marked && marked.roomNumber === room.id && marked.position >= event.position) return;
  const input = { userId, roomId, type, content: { event_id: eventId } };
  await context.shardLog.submit(setAccountDataCommand, shardOfUser(context, userId), input);
}

function readMarkedEvent(json: string | undefined): string {
  const { event_id: eventId } = JSON.parse(json ?? '{}') as { event_id?: unknown };
  return typeof eventId === 'string' ? eventId : '';
}
