import { startPurge } from '../../../administration/rooms/purge-history-task.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Takes the content of a room's messages away that are older than a time (milliseconds since 1970) or come before an
 * event; state stays. Gives a task. Errors: M_NOT_FOUND, M_INVALID_PARAM unless exactly one of the two is given.
 */
export const purgeHistory = defineEndpoint({
  operation: 'purgeHistory',
  method: 'POST',
  path: '/_holdfast/v1/admin/rooms/{roomId}/purge-history',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      before_ts: { type: 'integer', minimum: 0, maximum: 253_402_300_799_999 },
      before_event_id: { type: 'string', maxLength: 255 },
    },
  },
  async handle(context, { requester, params, body }) {
    const limit = { beforeMs: body.before_ts, beforeEventId: body.before_event_id };
    return { task_id: await startPurge(context, requester.userId, params.roomId, limit) };
  },
});
