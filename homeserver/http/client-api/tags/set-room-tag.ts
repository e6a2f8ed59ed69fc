import { changeRoomTag } from '../../../accounts/room-tags.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { requireTag } from './require-tag.ts';

/**
 * Gives a room a tag. Errors: M_FORBIDDEN, M_INVALID_PARAM (no room id, or too long a tag), M_RESOURCE_LIMIT_EXCEEDED.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag
 */
export const setRoomTag = defineEndpoint({
  operation: 'setRoomTag',
  method: 'PUT',
  path: '/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}',
  authentication: 'user',
  body: { type: 'object', properties: { order: { type: 'number', minimum: 0, maximum: 1 } } },
  bodyLimitBytes: 4_096,
  async handle(context, { requester, params, body }) {
    requireTag(requester, params);
    const { userId, roomId, tag } = params;
    await changeRoomTag(context, { userId, roomId, tag, info: { ...body } });
    return {};
  },
});
