import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { setTyping as setTypingInRoom } from '../../../ephemeral/set-typing.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Says that a user types, or has stopped.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid
 */
export const setTyping = defineEndpoint({
  operation: 'setTyping',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/typing/{userId}',
  authentication: 'user',
  suspendedMayNotCall: true,
  body: {
    type: 'object',
    properties: { typing: { type: 'boolean' }, timeout: { type: 'integer' } },
    required: ['typing'],
  },
  async handle(context, { requester, params: { roomId, userId }, body }) {
    if (userId !== requester.userId) throw new MatrixError('M_FORBIDDEN', 'You cannot type for others');
    const { typing, timeout } = body;
    await setTypingInRoom(
      context,
      { roomId, userId },
      { typing, ...(timeout !== undefined && { timeoutMs: timeout }) },
    );
    return {};
  },
});
