import { setRoomAlias as setAlias } from '../../../rooms/directory/room-aliases.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Makes an alias lead to a room.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias
 */
export const setRoomAlias = defineEndpoint({
  operation: 'setRoomAlias',
  method: 'PUT',
  path: '/_matrix/client/v3/directory/room/{roomAlias}',
  authentication: 'user',
  suspendedMayNotCall: true,
  body: { type: 'object', properties: { room_id: { type: 'string' } }, required: ['room_id'] },
  async handle(context, { requester, params: { roomAlias }, body: { room_id: roomId } }) {
    await setAlias(context, requester.userId, roomAlias, roomId);
    return {};
  },
});
