import { findTask } from '../../../administration/tasks/start-task.ts';
import { startRedaction } from '../../../administration/users/redact-user-task.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Redacts what a user of whatever server sent; gives the id of a task. Without `rooms`, in all rooms that the user is in.
 * Error: M_INVALID_PARAM.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#redact-all-the-events-of-a-user
 */
export const redactUserV1 = defineEndpoint({
  operation: 'redactUserV1',
  method: 'POST',
  path: '/_synapse/admin/v1/user/{userId}/redact',
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      rooms: { type: 'array', maxItems: 5_000, items: { type: 'string', maxLength: 255 } },
      reason: { type: 'string', maxLength: 1_000 },
      limit: { type: 'integer', minimum: 1, maximum: 1_000_000 },
      use_admin: { type: 'boolean' },
    },
  },
  async handle(context, { requester, params, body }) {
    const wish = { rooms: body.rooms ?? [], reason: body.reason, most: body.limit, asAdministrator: body.use_admin };
    return { redact_id: await startRedaction(context, requester.userId, params.userId, wish) };
  },
});

const states = { running: 'active', done: 'complete', failed: 'failed', cancelled: 'failed' } as const;

/** How far that is, and what could not be redacted and why, a hundred events at most. Error: M_NOT_FOUND. */
export const getRedactStatus = defineEndpoint({
  operation: 'getRedactStatus',
  method: 'GET',
  path: '/_synapse/admin/v1/user/redact_status/{redactId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const { state, error, progress } = await findTask(context, params.redactId);
    return { status: states[state], failed_redactions: progress['failed'] ?? {}, ...(error !== null && { error }) };
  },
});
