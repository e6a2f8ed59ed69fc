import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import { readUserRooms } from '../../../storage/sync/read-user-rooms.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** The rooms that a user is in, invited to or knocks on. Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND. */
export const listUserRooms = defineEndpoint({
  operation: 'listUserRooms',
  method: 'GET',
  path: '/_holdfast/v1/admin/users/{userId}/rooms',
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await findOwnAccount(context, userId);
    const { rooms } = await readUserRooms(context, userId);
    return { rooms: rooms.map(({ roomId, membership }) => ({ room_id: roomId, membership })) };
  },
});
