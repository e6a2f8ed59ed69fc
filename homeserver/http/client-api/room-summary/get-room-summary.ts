import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { viewRoomSummary } from '../../../rooms/spaces/view-room-summary.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * What a room is, for somebody who may not be in it. Errors: M_NOT_FOUND, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1room_summaryroomidoralias
 */
export const getRoomSummary = defineEndpoint({
  operation: 'getRoomSummary',
  method: 'GET',
  path: '/_matrix/client/v1/room_summary/{roomIdOrAlias}',
  alsoAt: [
    // MSC3266, as clients know it from before it became stable.
    '/_matrix/client/unstable/im.nheko.summary/summary/{roomIdOrAlias}',
    '/_matrix/client/unstable/im.nheko.summary/rooms/{roomIdOrAlias}/summary',
  ],
  authentication: 'optional',
  query: {
    type: 'object',
    properties: { via: { type: 'array', maxItems: 20, items: { type: 'string', maxLength: 255 } } },
  },
  async handle(context, { requester, params: { roomIdOrAlias }, query: { via = [] } }) {
    // Strangers make this server ask no other one.
    const servers = requester ? via.filter(isServerName) : [];
    return await viewRoomSummary(context, requester?.userId, roomIdOrAlias, servers);
  },
});
