import { readInviteState } from '../../../rooms/remote/invite-state.ts';
import { receiveMembership } from '../../../rooms/remote/receive-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * Takes the knock of another server's user into the room. Errors: M_NOT_FOUND, M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1send_knockroomideventid
 */
export const sendKnock = defineEndpoint({
  operation: 'sendKnock',
  method: 'PUT',
  path: '/_matrix/federation/v1/send_knock/{roomId}/{eventId}',
  authentication: 'server',
  body: { type: 'object' },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, body: event }) {
    const { room } = await receiveMembership(context, { membership: 'knock', roomId, eventId, event, origin });
    const state = await readInviteState(context, room);
    return jsonText(`{"knock_room_state":[${state.join(',')}]}`);
  },
});
