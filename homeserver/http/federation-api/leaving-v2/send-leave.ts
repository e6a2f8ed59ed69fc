import { receiveMembership } from '../../../rooms/remote/receive-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Takes the leave of another server's user into the room. Errors: M_NOT_FOUND, M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_leaveroomideventid
 */
export const sendLeaveV2 = defineEndpoint({
  operation: 'sendLeaveV2',
  method: 'PUT',
  path: '/_matrix/federation/v2/send_leave/{roomId}/{eventId}',
  authentication: 'server',
  body: { type: 'object' },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, body: event }) {
    await receiveMembership(context, { membership: 'leave', roomId, eventId, event, origin });
    return {};
  },
});
