import { makeMembershipTemplate } from '../../../rooms/remote/draft-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { versionsQuery } from './versions-query.ts';

/**
 * What a join of another server's user would refer to. Errors: M_NOT_FOUND, M_FORBIDDEN, M_INCOMPATIBLE_ROOM_VERSION,
 * M_UNABLE_TO_AUTHORISE_JOIN, M_UNABLE_TO_GRANT_JOIN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_joinroomiduserid
 */
export const makeJoin = defineEndpoint({
  operation: 'makeJoin',
  method: 'GET',
  path: '/_matrix/federation/v1/make_join/{roomId}/{userId}',
  authentication: 'server',
  query: versionsQuery,
  async handle(context, { requester: { serverName: origin }, params: { roomId, userId }, query: { ver } }) {
    const versions = ver ?? ['1'];
    return await makeMembershipTemplate(context, { membership: 'join', roomId, userId, origin, versions });
  },
});
