import { changeRoomTag } from '../../../accounts/room-tags.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireTag } from './require-tag.ts';

/**
 * Takes a tag from a room; one that it does not have is fine. Errors: M_FORBIDDEN, M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag
 */
export const deleteRoomTag = defineEndpoint({
  operation: 'deleteRoomTag',
  method: 'DELETE',
  path: '/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}',
  authentication: 'user',
  async handle(context, { requester, params }) {
    requireTag(requester, params);
    const { userId, roomId, tag } = params;
    await changeRoomTag(context, { userId, roomId, tag, info: null });
    return {};
  },
});
