import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { setPresence as setUserPresence } from '../../../ephemeral/user-presence.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Sets one's own presence and status message.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus
 */
export const setPresence = defineEndpoint({
  operation: 'setPresence',
  method: 'PUT',
  path: '/_matrix/client/v3/presence/{userId}/status',
  authentication: 'user',
  body: {
    type: 'object',
    properties: {
      presence: { type: 'string', enum: ['online', 'offline', 'unavailable'] },
      status_msg: plainText(1024),
    },
    required: ['presence'],
  },
  async handle(context, { requester, params: { userId }, body }) {
    if (userId !== requester.userId) throw new MatrixError('M_FORBIDDEN', 'You cannot set the presence of others');
    const isByService = requester.applicationService !== undefined;
    await setUserPresence(context, requester, body.presence, body.status_msg, isByService);
    return {};
  },
});
