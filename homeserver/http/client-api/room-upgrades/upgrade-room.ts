import { carryOverRoomSettings } from '../../../accounts/carry-over-room-settings.ts';
import { upgradeRoom as upgrade } from '../../../rooms/upgrade-room.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Replaces a room by one of another version.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidupgrade
 */
export const upgradeRoom = defineEndpoint({
  operation: 'upgradeRoom',
  method: 'POST',
  path: '/_matrix/client/v3/rooms/{roomId}/upgrade',
  authentication: 'user',
  rateLimit: 'createRoom',
  suspendedMayNotCall: true,
  body: {
    type: 'object',
    properties: {
      new_version: { type: 'string', maxLength: 255 },
      additional_creators: { type: 'array', maxItems: 1_000, items: { type: 'string', maxLength: 255 } },
    },
    required: ['new_version'],
  },
  async handle(context, { requester: { userId }, params: { roomId }, body }) {
    const { new_version: newVersion, additional_creators: additionalCreators = [] } = body;
    const replacement = await upgrade(context, { roomId, userId, newVersion, additionalCreators });
    await carryOverRoomSettings(context, userId, replacement);
    return { replacement_room: replacement };
  },
});
