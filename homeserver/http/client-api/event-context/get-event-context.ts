import { viewEventContext } from '../../../rooms/view-event.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { parseFilterParameter } from '../../parse-filter-parameter.ts';
import { jsonText } from '../../reply.ts';

/**
 * An event and what was around it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
 */
export const getEventContext = defineEndpoint({
  operation: 'getEventContext',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/context/{eventId}',
  authentication: 'user',
  query: { type: 'object', properties: { limit: { type: 'integer', minimum: 0 }, filter: { type: 'string' } } },
  async handle(context, { requester, params: { roomId, eventId }, query: { limit, filter } }) {
    const request = { roomId, eventId, limit, filter: parseFilterParameter(filter) };
    return jsonText(await viewEventContext(context, requester, request));
  },
});
