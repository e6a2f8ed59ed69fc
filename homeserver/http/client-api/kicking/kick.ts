import { changeMembership } from '../../../rooms/change-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Makes a user leave a room, or takes back an invitation.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick
 */
export const kick = defineEndpoint({
  operation: 'kick',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/kick',
  authentication: 'user',
  rateLimit: 'message',
  suspendedMayNotCall: true,
  body: {
    type: 'object',
    properties: { user_id: { type: 'string' }, reason: { type: 'string' } },
    required: ['user_id'],
  },
  async handle(context, { requester, params: { roomId }, body: { user_id: target, reason } }) {
    const content = reason === undefined ? {} : { reason };
    await changeMembership(context, { roomId, action: 'kick', sender: requester.userId, target, content });
    return {};
  },
});
