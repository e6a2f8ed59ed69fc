import { resolveAlias } from '../../../rooms/directory/resolve-alias.ts';
import { resolveOrAsk } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The room that an alias leads to, and servers that are in it. Errors: M_NOT_FOUND, M_INVALID_PARAM,
 * M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias
 */
export const getRoomIdByAlias = defineEndpoint({
  operation: 'getRoomIdByAlias',
  method: 'GET',
  path: '/_matrix/client/v3/directory/room/{roomAlias}',
  authentication: 'none',
  async handle(context, { params: { roomAlias } }) {
    const { roomId, servers } = await resolveOrAsk(context, roomAlias, resolveAlias);
    return { room_id: roomId, servers };
  },
});
