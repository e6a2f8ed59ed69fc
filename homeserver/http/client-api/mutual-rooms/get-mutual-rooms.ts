import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { readMutualRooms } from '../../../storage/rooms/read-mutual-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';

const roomsPerPage = 500;

/**
 * Rooms that the user shares with another one. Error: M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mutual_rooms
 */
export const getMutualRooms = defineEndpoint({
  operation: 'getMutualRooms',
  method: 'GET',
  path: '/_matrix/client/v1/mutual_rooms',
  authentication: 'user',
  rateLimit: 'userSearch',
  query: {
    type: 'object',
    properties: { user_id: { type: 'string', maxLength: 255 }, from: { type: 'string', pattern: '^[0-9]{1,10}$' } },
    required: ['user_id'],
  },
  async handle(context, { requester, query: { user_id: userId, from = '0' } }) {
    if (!isUserId(userId)) throw new MatrixError('M_INVALID_PARAM', 'user_id is no user id');
    if (userId === requester.userId) throw new MatrixError('M_INVALID_PARAM', 'user_id is your own user id');
    // A page goes on after a room's number, so that rooms joined or left meanwhile move nothing.
    const { rooms, count } = await readMutualRooms(context, requester.userId, userId, Number(from), roomsPerPage + 1);
    const page = rooms.slice(0, roomsPerPage);
    const last = page.at(-1);
    return {
      joined: page.map(({ roomId }) => roomId),
      count,
      ...(rooms.length > page.length && last && { next_batch: String(last.room) }),
    };
  },
});
