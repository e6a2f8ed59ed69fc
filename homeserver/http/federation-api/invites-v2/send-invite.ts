import { receiveInvite } from '../../../rooms/remote/receive-invite.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { jsonText } from '../../reply.ts';

/**
 * Invites a user of this server to a room on others. Errors: M_INCOMPATIBLE_ROOM_VERSION, M_INVALID_PARAM, M_FORBIDDEN,
 * M_INVITE_BLOCKED.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2inviteroomideventid
 */
export const sendInviteV2 = defineEndpoint({
  operation: 'sendInviteV2',
  method: 'PUT',
  path: '/_matrix/federation/v2/invite/{roomId}/{eventId}',
  authentication: 'server',
  body: {
    type: 'object',
    properties: {
      room_version: { type: 'string', maxLength: 255 },
      event: { type: 'object' },
      invite_room_state: { type: 'array', maxItems: 1_000, items: { type: 'object' } },
    },
    required: ['room_version', 'event'],
  },
  async handle(context, { requester: { serverName: origin }, params: { roomId, eventId }, body }) {
    const { room_version: version, event, invite_room_state: inviteState } = body;
    const signed = await receiveInvite(context, { roomId, eventId, version, event, inviteState, origin });
    return jsonText(`{"event":${signed}}`);
  },
});
