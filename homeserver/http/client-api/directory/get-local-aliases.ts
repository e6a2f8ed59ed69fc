import { listRoomAliases } from '../../../rooms/directory/room-aliases.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * This server's aliases of a room.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidaliases
 */
export const getLocalAliases = defineEndpoint({
  operation: 'getLocalAliases',
  method: 'GET',
  path: '/_matrix/client/v3/rooms/{roomId}/aliases',
  authentication: 'user',
  async handle(context, { requester, params: { roomId } }) {
    return { aliases: await listRoomAliases(context, requester.userId, roomId) };
  },
});
