import { changeMembership } from '../../../rooms/change-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Invites a user to a room.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidinvite
 */
export const inviteUser = defineEndpoint({
  operation: 'inviteUser',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/invite',
  authentication: 'user',
  rateLimit: 'invite',
  suspendedMayNotCall: true,
  body: {
    type: 'object',
    properties: { user_id: { type: 'string' }, reason: { type: 'string' } },
    required: ['user_id'],
  },
  async handle(context, { requester, params: { roomId }, body: { user_id: target, reason } }) {
    const content = reason === undefined ? {} : { reason };
    await changeMembership(context, { roomId, action: 'invite', sender: requester.userId, target, content });
    return {};
  },
});
