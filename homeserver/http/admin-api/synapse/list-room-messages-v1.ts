import { viewMessages } from '../../../rooms/view-messages.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { parseFilterParameter } from '../../parse-filter-parameter.ts';
import { jsonText } from '../../reply.ts';

/**
 * A page of a room's timeline, of rooms that the administrator is not in too; other servers are not asked for more. Errors:
 * M_NOT_FOUND, M_INVALID_PARAM. https://element-hq.github.io/synapse/latest/admin_api/rooms.html#room-messages-api
 */
export const listRoomMessagesV1 = defineEndpoint({
  operation: 'listRoomMessagesV1',
  method: 'GET',
  path: '/_synapse/admin/v1/rooms/{roomId}/messages',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', maxLength: 1_000 },
      to: { type: 'string', maxLength: 1_000 },
      dir: { enum: ['b', 'f'] },
      limit: { type: 'integer', minimum: 0, maximum: 1_000 },
      filter: { type: 'string', maxLength: 65_536 },
    },
  },
  async handle(context, { requester, params: { roomId }, query }) {
    const { dir: direction = 'f', from, to, limit } = query;
    const filter = parseFilterParameter(query.filter);
    const request = { direction, from, to, limit, filter, asAdministrator: true };
    return jsonText(await viewMessages(context, requester, roomId, request));
  },
});
