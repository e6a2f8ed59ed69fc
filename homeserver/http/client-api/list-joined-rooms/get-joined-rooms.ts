import { readUserRooms } from '../../../storage/sync/read-user-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The rooms that the user has joined.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3joined_rooms
 */
export const getJoinedRooms = defineEndpoint({
  operation: 'getJoinedRooms',
  method: 'GET',
  path: '/_matrix/client/v3/joined_rooms',
  authentication: 'user',
  async handle(context, { requester }) {
    const { rooms } = await readUserRooms(context, requester.userId);
    return { joined_rooms: rooms.filter(({ membership }) => membership === 'join').map(({ roomId }) => roomId) };
  },
});
