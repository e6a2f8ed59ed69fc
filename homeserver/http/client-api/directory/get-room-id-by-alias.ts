import { resolveAlias } from '../../../rooms/directory/room-aliases.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The room that an alias leads to.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
 */
export const getRoomIdByAlias = defineEndpoint({
  operation: 'getRoomIdByAlias',
  method: 'GET',
  path: '/_matrix/client/v3/directory/room/{roomAlias}',
  authentication: 'none',
  async handle(context, { params: { roomAlias } }) {
    return { room_id: await resolveAlias(context, roomAlias), servers: [context.serverName] };
  },
});
