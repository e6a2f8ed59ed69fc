import { readTasks } from '../../../storage/administration/read-tasks.ts';
import { defineEndpoint } from '../../endpoint.ts';

const mostTasks = 1_000;
const statuses = { running: 'active', done: 'complete', failed: 'failed', cancelled: 'cancelled' } as const;

/**
 * Long work, the newest thousand: as tasks of our own API. `scheduled` is a status of none, since all begin at once.
 * https://element-hq.github.io/synapse/latest/admin_api/scheduled_tasks.html
 */
export const listScheduledTasks = defineEndpoint({
  operation: 'listScheduledTasks',
  method: 'GET',
  path: '/_synapse/admin/v1/scheduled_tasks',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      action_name: { type: 'string', maxLength: 100 },
      resource_id: { type: 'string', maxLength: 255 },
      status: { enum: ['scheduled', 'active', 'complete', 'failed', 'cancelled'] },
      max_timestamp: { type: 'integer', minimum: 0, maximum: 253_402_300_799_999 },
    },
  },
  async handle({ database }, { query }) {
    const tasks = await readTasks(database, { offset: 0, limit: mostTasks, subject: query.resource_id });
    const told = tasks.map(({ id, kind, state, createdMs, subject, error, progress }) => ({
      ...{ id, action: kind, status: statuses[state], timestamp_ms: createdMs, resource_id: subject },
      ...{ result: progress, error },
    }));
    const { action_name: action, status, max_timestamp: latestMs = Number.POSITIVE_INFINITY } = query;
    return {
      scheduled_tasks: told.filter((task) => {
        const isWanted = (action ?? task.action) === task.action && (status ?? task.status) === task.status;
        return isWanted && task.timestamp_ms <= latestMs;
      }),
    };
  },
});
