import { startRedaction } from '../../../administration/users/redact-user-task.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Redacts what a user of whatever server sent, so that it is gone on other servers too: in the user's own name while the
 * user is in the room, otherwise in that of the administrator. Without `room_ids`, in all rooms that the user is in. Gives a
 * task. Error: M_INVALID_PARAM.
 */
export const redactUser = defineEndpoint({
  operation: 'redactUser',
  method: 'POST',
  path: '/_holdfast/v1/admin/users/{userId}/redact',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      room_ids: { type: 'array', maxItems: 5_000, items: { type: 'string', maxLength: 255 } },
      reason: { type: 'string', maxLength: 1_000 },
      most_in_each_room: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    },
  },
  async handle(context, { requester, params, body }) {
    const wish = { rooms: body.room_ids ?? [], reason: body.reason, most: body.most_in_each_room };
    return { task_id: await startRedaction(context, requester.userId, params.userId, wish) };
  },
});
