import { makeRoomAdmin } from '../../../administration/rooms/make-room-admin.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';

/**
 * Gives a user (default: who asks) the highest power that somebody of this server has in a room. Errors: M_NOT_FOUND,
 * M_INVALID_PARAM (nobody of this server has power), M_FORBIDDEN.
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#make-room-admin-api
 */
export const makeRoomAdminV1 = defineEndpoint({
  operation: 'makeRoomAdminV1',
  method: 'POST',
  path: '/_synapse/admin/v1/rooms/{roomId}/make_room_admin',
  authentication: 'admin',
  body: { type: 'object', properties: { user_id: plainText(255) } },
  async handle(context, { requester, params, body }) {
    await makeRoomAdmin(context, params.roomId, body.user_id ?? requester.userId);
    return {};
  },
});
