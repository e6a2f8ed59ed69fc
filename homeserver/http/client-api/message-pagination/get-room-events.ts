import { viewMessages } from '../../../rooms/view-messages.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { parseFilterParameter } from '../../parse-filter-parameter.ts';
import { jsonText } from '../../reply.ts';

/**
 * A page of a room's timeline. Clients leave `dir` out, too, and mean forwards.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
 */
export const getRoomEvents = defineEndpoint({
  operation: 'getRoomEvents',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/messages',
  authentication: 'user',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string' },
      to: { type: 'string' },
      dir: { type: 'string', enum: ['b', 'f'] },
      limit: { type: 'integer', minimum: 0 },
      filter: { type: 'string' },
    },
  },
  async handle(context, { requester, params: { roomId }, query }) {
    const { dir: direction = 'f', from, to, limit } = query;
    const filter = parseFilterParameter(query.filter);
    return jsonText(await viewMessages(context, requester, roomId, { direction, from, to, limit, filter }));
  },
});
