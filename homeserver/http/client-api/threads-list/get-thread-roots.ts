import { viewThreads } from '../../../rooms/relations/view-threads.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * The threads of a room. Errors: M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads
 */
export const getThreadRoots = defineEndpoint({
  operation: 'getThreadRoots',
  method: 'GET',
  path: '/_matrix/client/v1/rooms/{roomId}/threads',
  authentication: 'user',
  query: {
    type: 'object',
    properties: {
      include: { type: 'string', enum: ['all', 'participated'] },
      limit: { type: 'integer', minimum: 0 },
      from: { type: 'string' },
    },
  },
  async handle(context, { requester, params: { roomId }, query: { include, limit, from } }) {
    const request = { roomId, onlyParticipated: include === 'participated', from, limit };
    return jsonText(await viewThreads(context, requester, request));
  },
});
