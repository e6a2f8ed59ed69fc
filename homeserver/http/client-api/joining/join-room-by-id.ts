import { changeMembership } from '../../../rooms/change-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Joins a room by its id.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin
 */
export const joinRoomById = defineEndpoint({
  operation: 'joinRoomById',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/join',
  authentication: 'user',
  rateLimit: 'join',
  suspendedMayNotCall: true,
  body: { type: 'object', properties: { reason: { type: 'string' } } },
  async handle(context, { requester: { userId }, params: { roomId }, body: { reason } }) {
    const content = reason === undefined ? {} : { reason };
    await changeMembership(context, { roomId, action: 'join', sender: userId, target: userId, content });
    return { room_id: roomId };
  },
});
