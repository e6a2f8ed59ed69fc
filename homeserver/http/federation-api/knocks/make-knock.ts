import { makeMembershipTemplate } from '../../../rooms/remote/draft-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { versionsQuery } from '../joins-v1/versions-query.ts';

/**
 * What a knock of another server's user would refer to. Errors: M_NOT_FOUND, M_FORBIDDEN, M_INCOMPATIBLE_ROOM_VERSION.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_knockroomiduserid
 */
export const makeKnock = defineEndpoint({
  operation: 'makeKnock',
  method: 'GET',
  path: '/_matrix/federation/v1/make_knock/{roomId}/{userId}',
  authentication: 'server',
  query: versionsQuery,
  async handle(context, { requester: { serverName: origin }, params: { roomId, userId }, query: { ver } }) {
    const versions = ver ?? ['1'];
    return await makeMembershipTemplate(context, { membership: 'knock', roomId, userId, origin, versions });
  },
});
