import { receiveMembership } from '../../../rooms/remote/receive-membership.ts';
import { sendJoinReply } from '../../../rooms/remote/send-join-reply.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { bytesReply } from '../../reply.ts';

/**
 * Takes the join of another server's user into the room and tells the room's state. Errors: M_NOT_FOUND, M_FORBIDDEN,
 * M_INVALID_PARAM, M_UNABLE_TO_AUTHORISE_JOIN, M_UNABLE_TO_GRANT_JOIN.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_joinroomideventid
 */
export const sendJoinV2 = defineEndpoint({
  operation: 'sendJoinV2',
  method: 'PUT',
  path: '/_matrix/federation/v2/send_join/{roomId}/{eventId}',
  authentication: 'server',
  isHeavy: true,
  query: { type: 'object', properties: { omit_members: { type: 'boolean' } } },
  body: { type: 'object' },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, query, body: event }) {
    const joined = await receiveMembership(context, { membership: 'join', roomId, eventId, event, origin });
    const body = await sendJoinReply(context, joined, { omitMembers: query.omit_members === true });
    return bytesReply(body, { 'Content-Type': 'application/json' });
  },
});
