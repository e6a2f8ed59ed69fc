import { receiveMembership } from '../../../rooms/remote/receive-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * As version 2 of the operation, with the reply in the form that old servers expect. It has left the specification
 * with v1.18.
 * https://spec.matrix.org/v1.17/server-server-api/#put_matrixfederationv1send_leaveroomideventid
 */
export const sendLeaveV1 = defineEndpoint({
  operation: 'sendLeaveV1',
  method: 'PUT',
  path: '/_matrix/federation/v1/send_leave/{roomId}/{eventId}',
  authentication: 'server',
  body: { type: 'object' },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, body: event }) {
    await receiveMembership(context, { membership: 'leave', roomId, eventId, event, origin });
    return [200, {}];
  },
});
