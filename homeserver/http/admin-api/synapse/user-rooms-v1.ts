import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readUserRooms } from '../../../storage/sync/read-user-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * The rooms that a user is joined to. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#list-joined-rooms-of-a-user
 */
export const listUserRoomsV1 = defineEndpoint({
  operation: 'listUserRoomsV1',
  method: 'GET',
  path: '/_synapse/admin/v1/users/{userId}/joined_rooms',
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const { rooms } = await readUserRooms(context, userId);
    const joined = rooms.filter(({ membership }) => membership === 'join').map(({ roomId }) => roomId);
    return { joined_rooms: joined, total: joined.length };
  },
});
