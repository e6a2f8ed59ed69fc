import { receiveMembership } from '../../../rooms/remote/receive-membership.ts';
import { sendJoinReply } from '../../../rooms/remote/send-join-reply.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { bytesReply } from '../../reply.ts';

/**
 * As version 2 of the operation, with the reply in the form that old servers expect: `[200, { ... }]`. It has left the
 * specification with v1.18.
 * https://spec.matrix.org/v1.17/server-server-api/#put_matrixfederationv1send_joinroomideventid
 */
export const sendJoinV1 = defineEndpoint({
  operation: 'sendJoinV1',
  method: 'PUT',
  path: '/_matrix/federation/v1/send_join/{roomId}/{eventId}',
  authentication: 'server',
  isHeavy: true,
  body: { type: 'object' },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, body: event }) {
    const joined = await receiveMembership(context, { membership: 'join', roomId, eventId, event, origin });
    const body = await sendJoinReply(context, joined, { asPair: true });
    return bytesReply(body, { 'Content-Type': 'application/json' });
  },
});
