import { acceptBoundInvites } from '../../../rooms/remote/exchange-third-party-invite.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Told by an identity server: a third-party identifier belongs to one of our users now, and these rooms had invited its
 * owner. What it says is proven by the signatures in the invitations.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv13pidonbind
 */
export const onBindThirdPartyIdentifier = defineEndpoint({
  operation: 'onBindThirdPartyIdentifier',
  method: 'PUT',
  path: '/_matrix/federation/v1/3pid/onbind',
  authentication: 'none',
  body: {
    type: 'object',
    properties: {
      medium: { type: 'string', maxLength: 255 },
      address: { type: 'string', maxLength: 1_000 },
      mxid: { type: 'string', maxLength: 255 },
      invites: {
        type: 'array',
        maxItems: 100,
        items: {
          type: 'object',
          properties: {
            mxid: { type: 'string', maxLength: 255 },
            room_id: { type: 'string', maxLength: 255 },
            sender: { type: 'string', maxLength: 255 },
            signed: {
              type: 'object',
              properties: { mxid: { type: 'string' }, token: { type: 'string' }, signatures: { type: 'object' } },
              required: ['mxid', 'token', 'signatures'],
            },
          },
          required: ['mxid', 'room_id', 'sender', 'signed'],
        },
      },
    },
    required: ['medium', 'address', 'mxid', 'invites'],
  },
  async handle(context, { body: { mxid, invites } }) {
    await acceptBoundInvites(
      context,
      mxid,
      invites.map(({ room_id: roomId, sender, signed }) => ({ roomId, sender, signed })),
    );
    return {};
  },
});
