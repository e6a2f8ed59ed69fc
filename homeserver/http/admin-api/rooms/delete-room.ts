import { startRoomDeletion } from '../../../administration/rooms/delete-room-task.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Takes all users of this server out of a room and the room out of the directory; with `purge` (default) also deletes
 * what is stored of it, and with `block` (default) nobody comes back. Gives a task. Error: M_NOT_FOUND.
 */
export const deleteRoom = defineEndpoint({
  operation: 'deleteRoom',
  method: 'POST',
  path: '/_holdfast/v1/admin/rooms/{roomId}/delete',
  authentication: 'admin',
  body: { type: 'object', properties: { block: { type: 'boolean' }, purge: { type: 'boolean' } } },
  async handle(context, { requester, params, body: { block = true, purge = true } }) {
    return { task_id: await startRoomDeletion(context, requester.userId, params.roomId, { block, purge }) };
  },
});
