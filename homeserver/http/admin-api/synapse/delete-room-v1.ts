import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { setRoomBlocked } from '../../../administration/rooms/block-room.ts';
import { startRoomDeletion } from '../../../administration/rooms/delete-room-task.ts';
import { waitForTask } from '../../../administration/tasks/wait-for-task.ts';
import { findRoom } from '../../../storage/names/room-names.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { deleteRoomBody, formatShutdown, readDeletionWish } from './delete-room.ts';

const longestWaitMs = 10 * 60_000;

/**
 * As deleteRoomV2, and waits until it is done, ten minutes at most; a room that is not known here can be blocked with it.
 * Errors: M_NOT_FOUND, M_INVALID_PARAM (new_room_user_id, no room id), M_FORBIDDEN (somebody could not be taken out),
 * M_UNKNOWN (503: it takes longer, and goes on). https://element-hq.github.io/synapse/latest/admin_api/rooms.html#version-1-old-version
 */
export const deleteRoomV1 = defineEndpoint({
  operation: 'deleteRoomV1',
  method: 'DELETE',
  path: '/_synapse/admin/v1/rooms/{roomId}',
  authentication: 'admin',
  body: deleteRoomBody,
  async handle(context, { requester, params: { roomId }, body, signal }) {
    const wish = readDeletionWish(body);
    if (wish.block && !(await findRoom(context, roomId))) {
      if (!isRoomId(roomId)) throw new MatrixError('M_INVALID_PARAM', 'This is not a room id');
      await setRoomBlocked(context, roomId, true, requester.userId);
      return formatShutdown(undefined);
    }
    const id = await startRoomDeletion(context, requester.userId, roomId, wish);
    const task = await waitForTask(context, id, longestWaitMs, signal);
    const { state, error } = task;
    if (state === 'running') throw new MatrixError('M_UNKNOWN', `It takes longer and goes on: ${id}`, { status: 503 });
    if (state === 'cancelled') throw new MatrixError('M_UNKNOWN', 'It was cancelled', { status: 409 });
    if (state === 'failed') throw new MatrixError('M_FORBIDDEN', error ?? 'It failed');
    return formatShutdown(task);
  },
});
