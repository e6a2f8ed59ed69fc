import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { changeMembership } from '../../../rooms/change-membership.ts';
import { askForUser } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Invites a user to a room, by user id. By a third-party identifier (the operation inviteBy3PID of the same path)
 * nobody can be invited while this server works with no identity server.
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
    properties: {
      user_id: { type: 'string' },
      reason: { type: 'string' },
      id_server: { type: 'string' },
      id_access_token: { type: 'string' },
      medium: { type: 'string' },
      address: { type: 'string' },
    },
  },
  async handle(context, { requester, params: { roomId }, body }) {
    const { user_id: target, reason, medium, address } = body;
    if (target === undefined) {
      if (medium === undefined && address === undefined) throw new MatrixError('M_BAD_JSON', 'Missing user_id');
      throw new MatrixError('M_SERVER_NOT_TRUSTED', 'This server works with no identity server: invite by user id');
    }
    await askForUser(context, target);
    const content = reason === undefined ? {} : { reason };
    await changeMembership(context, { roomId, action: 'invite', sender: requester.userId, target, content });
    return {};
  },
});
