import { startPurge } from '../../../administration/rooms/purge-history-task.ts';
import { findTask } from '../../../administration/tasks/start-task.ts';
import { defineEndpoint } from '../../endpoint.ts';

const limits = {
  type: 'object',
  properties: {
    delete_local_events: { type: 'boolean' },
    purge_up_to_event_id: { type: 'string', maxLength: 255 },
    purge_up_to_ts: { type: 'integer', minimum: 0, maximum: 253_402_300_799_999 },
  },
} as const;

/**
 * Purges messages before an event or a time, local ones too; gives the id of a task. Errors: M_NOT_FOUND, M_INVALID_PARAM.
 * https://element-hq.github.io/synapse/latest/admin_api/purge_history_api.html
 */
export const purgeHistoryV1 = defineEndpoint({
  operation: 'purgeHistoryV1',
  method: 'POST',
  path: '/_synapse/admin/v1/purge_history/{roomId}',
  authentication: 'admin',
  body: limits,
  async handle(context, { requester, params, body }) {
    const limit = { beforeEventId: body.purge_up_to_event_id, beforeMs: body.purge_up_to_ts };
    return { purge_id: await startPurge(context, requester.userId, params.roomId, limit) };
  },
});

/** The same with the event in the path. Error: M_NOT_FOUND. */
export const purgeHistoryBeforeV1 = defineEndpoint({
  operation: 'purgeHistoryBeforeV1',
  method: 'POST',
  path: '/_synapse/admin/v1/purge_history/{roomId}/{eventId}',
  authentication: 'admin',
  async handle(context, { requester, params: { roomId, eventId } }) {
    return { purge_id: await startPurge(context, requester.userId, roomId, { beforeEventId: eventId }) };
  },
});

const states = { running: 'active', done: 'complete', failed: 'failed', cancelled: 'failed' } as const;

/** How far a purge is. Error: M_NOT_FOUND. */
export const getPurgeStatus = defineEndpoint({
  operation: 'getPurgeStatus',
  method: 'GET',
  path: '/_synapse/admin/v1/purge_history_status/{purgeId}',
  authentication: 'admin',
  async handle(context, { params }) {
    const { state, error } = await findTask(context, params.purgeId);
    return { status: states[state], ...(error !== null && { error }) };
  },
});
