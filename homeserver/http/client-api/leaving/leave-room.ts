import { changeMembership } from '../../../rooms/change-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Leaves a room, rejects an invitation, or takes back a knock.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave
 */
export const leaveRoom = defineEndpoint({
  operation: 'leaveRoom',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/leave',
  authentication: 'user',
  body: { type: 'object', properties: { reason: { type: 'string' } } },
  async handle(context, { requester: { userId }, params: { roomId }, body: { reason } }) {
    const content = reason === undefined ? {} : { reason };
    await changeMembership(context, { roomId, action: 'leave', sender: userId, target: userId, content });
    return {};
  },
});
