import { changeMembership } from '../../../rooms/change-membership.ts';
import { findRoomByName } from '../../../rooms/directory/resolve-alias.ts';
import { resolveOrAsk } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { viaQuery } from '../joining/join-body.ts';

/**
 * Asks to be let into a room.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias
 */
export const knockRoom = defineEndpoint({
  operation: 'knockRoom',
  method: 'POST',
  path: '/_matrix/client/v3/knock/{roomIdOrAlias}',
  authentication: 'user',
  rateLimit: 'join',
  suspendedMayNotCall: true,
  query: viaQuery,
  body: { type: 'object', properties: { reason: { type: 'string' } } },
  async handle(context, { requester: { userId }, params: { roomIdOrAlias }, query, body: { reason } }) {
    const { roomId, servers } = await resolveOrAsk(context, roomIdOrAlias, findRoomByName);
    const content = reason === undefined ? {} : { reason };
    const via = [...(query.via ?? query.server_name ?? []), ...servers];
    await changeMembership(context, { roomId, action: 'knock', sender: userId, target: userId, content, via });
    return { room_id: roomId };
  },
});
