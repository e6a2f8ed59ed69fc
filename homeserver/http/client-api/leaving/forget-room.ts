import { forgetRoom as forget } from '../../../rooms/forget-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Takes a room that the user left out of the user's history.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidforget
 */
export const forgetRoom = defineEndpoint({
  operation: 'forgetRoom',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/forget',
  authentication: 'user',
  body: { type: 'object' },
  async handle(context, { requester, params: { roomId } }) {
    await forget(context, roomId, requester.userId);
    return {};
  },
});
