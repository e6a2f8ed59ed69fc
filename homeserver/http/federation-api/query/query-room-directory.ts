import { resolveOwnAlias } from '../../../rooms/directory/resolve-alias.ts';
import { resolveOrAsk } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The room of an alias of this server, and servers that are in it. Errors: M_NOT_FOUND, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1querydirectory
 */
export const queryRoomDirectory = defineEndpoint({
  operation: 'queryRoomDirectory',
  method: 'GET',
  path: '/_matrix/federation/v1/query/directory',
  authentication: 'server',
  query: { type: 'object', properties: { room_alias: { type: 'string', maxLength: 1_000 } }, required: ['room_alias'] },
  async handle(context, { query: { room_alias: alias } }) {
    const { roomId, servers } = await resolveOrAsk(context, alias, resolveOwnAlias);
    return { room_id: roomId, servers };
  },
});
