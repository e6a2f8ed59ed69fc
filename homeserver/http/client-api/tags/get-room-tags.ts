import { readRoomTags } from '../../../accounts/room-tags.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireOwnUser } from '../../require-own-user.ts';
import { requireRoomId } from '../account-data/account-data-place.ts';

/**
 * The tags that the user gave a room. Errors: M_FORBIDDEN, M_INVALID_PARAM (no room id).
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
 */
export const getRoomTags = defineEndpoint({
  operation: 'getRoomTags',
  method: 'GET',
  path: '/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags',
  authentication: 'user',
  async handle(context, { requester, params }) {
    requireOwnUser(requester, params.userId);
    requireRoomId(params.roomId);
    return { tags: await readRoomTags(context, params.userId, params.roomId) };
  },
});
