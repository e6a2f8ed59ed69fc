import { viewEventContext } from '../../../rooms/view-event.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { parseFilterParameter } from '../../parse-filter-parameter.ts';
import { jsonText } from '../../reply.ts';

/**
 * An event and what was around it, also of rooms that the administrator is not in, as reports need it. Error: M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#event-context-api
 */
export const getEventContextV1 = defineEndpoint({
  operation: 'getEventContextV1',
  method: 'GET',
  path: '/_synapse/admin/v1/rooms/{roomId}/context/{eventId}',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      limit: { type: 'integer', minimum: 0, maximum: 1_000 },
      filter: { type: 'string', maxLength: 65_536 },
    },
  },
  async handle(context, { requester, params: { roomId, eventId }, query: { limit, filter } }) {
    const request = { roomId, eventId, limit, filter: parseFilterParameter(filter), asAdministrator: true };
    return jsonText(await viewEventContext(context, requester, request));
  },
});
