import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import { carryOverRoomSettings } from '../../../accounts/carry-over-room-settings.ts';
import { changeMembership } from '../../../rooms/change-membership.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { joinBody, joinContent, viaQuery } from './join-body.ts';

/**
 * Joins a room by its id.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin
 */
export const joinRoomById = defineEndpoint({
  operation: 'joinRoomById',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/join',
  authentication: 'user',
  rateLimit: 'join',
  suspendedMayNotCall: true,
  query: viaQuery,
  body: joinBody,
  async handle(context, { requester: { userId }, params: { roomId }, query, body }) {
    if (!isRoomId(roomId)) throw new MatrixError('M_INVALID_PARAM', 'The room id is not valid');
    await changeMembership(context, {
      roomId,
      action: 'join',
      sender: userId,
      target: userId,
      content: joinContent(body),
      thirdPartySigned: body.third_party_signed,
      via: query.via ?? query.server_name,
    });
    await carryOverRoomSettings(context, userId, roomId);
    return { room_id: roomId };
  },
});
