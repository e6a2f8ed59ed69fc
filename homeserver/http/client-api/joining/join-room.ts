import { carryOverRoomSettings } from '../../../accounts/carry-over-room-settings.ts';
import { changeMembership } from '../../../rooms/change-membership.ts';
import { findRoomByName } from '../../../rooms/directory/resolve-alias.ts';
import { resolveOrAsk } from '../../ask-appservices.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { joinBody, joinContent, viaQuery } from './join-body.ts';

/**
 * Joins a room by its id or alias.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias
 */
export const joinRoom = defineEndpoint({
  operation: 'joinRoom',
  method: 'POST',
  path: '/_matrix/client/v3/join/{roomIdOrAlias}',
  authentication: 'user',
  rateLimit: 'join',
  suspendedMayNotCall: true,
  query: viaQuery,
  body: joinBody,
  async handle(context, { requester: { userId }, params, query, body }) {
    const { roomId, servers } = await resolveOrAsk(context, params.roomIdOrAlias, findRoomByName);
    await changeMembership(context, {
      roomId,
      action: 'join',
      sender: userId,
      target: userId,
      content: joinContent(body),
      thirdPartySigned: body.third_party_signed,
      via: [...(query.via ?? query.server_name ?? []), ...servers],
    });
    await carryOverRoomSettings(context, userId, roomId);
    return { room_id: roomId };
  },
});
