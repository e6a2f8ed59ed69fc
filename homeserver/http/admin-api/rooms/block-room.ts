import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { setRoomBlocked } from '../../../administration/rooms/block-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Closes a room to the users of this server: nobody comes in any more, whether the room is known here or not. Who is in
 * it stays. Or opens it again. Error: M_INVALID_PARAM (not a room id).
 */
export const blockRoom = defineEndpoint({
  operation: 'blockRoom',
  method: 'PUT',
  path: '/_holdfast/v1/admin/rooms/{roomId}/block',
  authentication: 'admin',
  body: { type: 'object', properties: { block: { type: 'boolean' } }, required: ['block'] },
  async handle(context, { requester, params, body }) {
    if (!isRoomId(params.roomId)) throw new MatrixError('M_INVALID_PARAM', 'This is not a room id');
    await setRoomBlocked(context, params.roomId, body.block, requester.userId);
    return { block: body.block };
  },
});
