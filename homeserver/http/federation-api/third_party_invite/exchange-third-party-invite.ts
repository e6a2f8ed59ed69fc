import { exchangeThirdPartyInvite as exchange } from '../../../rooms/remote/exchange-third-party-invite.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Turns an invitation by a third-party identifier into one of the user that it turned out to belong to. Errors:
 * M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1exchange_third_party_inviteroomid
 */
export const exchangeThirdPartyInvite = defineEndpoint({
  operation: 'exchangeThirdPartyInvite',
  method: 'PUT',
  path: '/_matrix/federation/v1/exchange_third_party_invite/{roomId}',
  authentication: 'server',
  body: {
    type: 'object',
    properties: {
      type: { type: 'string', const: 'm.room.member' },
      room_id: { type: 'string' },
      sender: { type: 'string' },
      state_key: { type: 'string' },
      content: {
        type: 'object',
        properties: {
          membership: { type: 'string', const: 'invite' },
          third_party_invite: {
            type: 'object',
            properties: {
              display_name: { type: 'string', maxLength: 1_000 },
              signed: {
                type: 'object',
                properties: { mxid: { type: 'string' }, token: { type: 'string' }, signatures: { type: 'object' } },
                required: ['mxid', 'token', 'signatures'],
              },
            },
            required: ['signed'],
          },
        },
        required: ['membership', 'third_party_invite'],
      },
    },
    required: ['type', 'room_id', 'sender', 'state_key', 'content'],
  },
  async handle(context, { requester: { serverName: origin }, params: { roomId }, body }) {
    const { sender, state_key: target, content } = body;
    const { signed } = content.third_party_invite;
    await exchange(context, { roomId, origin, namedRoomId: body.room_id, sender, target, signed });
    return {};
  },
});
