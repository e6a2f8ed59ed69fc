import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readUserRooms } from '../../../storage/sync/read-user-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * What a user is to each room: joined, invited, left, banned and so on; without those that were forgotten. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#list-room-memberships-of-a-user
 */
export const listUserMembershipsV1 = defineEndpoint({
  operation: 'listUserMembershipsV1',
  method: 'GET',
  path: '/_synapse/admin/v1/users/{userId}/memberships',
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const { rooms } = await readUserRooms(context, userId, true);
    return { memberships: Object.fromEntries(rooms.map(({ roomId, membership }) => [roomId, membership])) };
  },
});
