import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { StoredEvent } from '../storage/rooms/event-row.ts';
import { readState, readStateEvent, type StateSelection } from '../storage/rooms/read-state.ts';
import { isLocalUser } from './check-invitees.ts';
import { partialRoomsOf } from './remote/partial-rooms.ts';
import { findRoomReader } from './room-reader.ts';

/**
 * A room's state as one user may see it: the current one, for those who left the one that they left behind. Two
 * queries. Where members are asked for and not all known yet, it waits. Throws M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
 */
export async function viewRoomState(
  context: Context,
  roomId: string,
  userId: string,
  selection: Omit<StateSelection, 'at'> = {},
): Promise<StoredEvent[]> {
  const { room, stateAt } = await findRoomReader(context, roomId, userId);
  if (!selection.withoutMembers) await partialRoomsOf(context).waitUntilWhole(roomId);
  return await readState(context, room, { ...selection, ...(stateAt !== undefined && { at: stateAt }) });
}

/** One state event of it. Throws M_FORBIDDEN, M_NOT_FOUND. */
export async function viewStateEvent(
  context: Context,
  roomId: string,
  userId: string,
  key: { readonly type: string; readonly stateKey: string },
): Promise<StoredEvent> {
  const { room, stateAt } = await findRoomReader(context, roomId, userId);
  if (key.type === 'm.room.member' && !isLocalUser(context, key.stateKey)) {
    await partialRoomsOf(context).waitUntilWhole(roomId);
  }
  const event = await readStateEvent(context, room, key.type, key.stateKey, stateAt);
  if (!event) throw new MatrixError('M_NOT_FOUND', 'The room has no such state');
  return event;
}
