import { makeMembershipTemplate } from '../../../rooms/remote/draft-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * What a leave (or rejection of an invitation) of another server's user would refer to. Errors: M_NOT_FOUND,
 * M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_leaveroomiduserid
 */
export const makeLeave = defineEndpoint({
  operation: 'makeLeave',
  method: 'GET',
  path: '/_matrix/federation/v1/make_leave/{roomId}/{userId}',
  authentication: 'server',
  async handle(context, { requester: { serverName: origin }, params: { roomId, userId } }) {
    return await makeMembershipTemplate(context, { membership: 'leave', roomId, userId, origin });
  },
});
