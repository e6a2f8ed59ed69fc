import { readTasks } from '../../../storage/administration/read-tasks.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { plainText } from '../../schemas.ts';
import { formatTask } from './format-task.ts';

/** Long work that administrators asked for, the newest first, a page at a time. */
export const listTasks = defineEndpoint({
  operation: 'listTasks',
  method: 'GET',
  path: '/_holdfast/v1/admin/tasks',
  authentication: 'admin',
  query: {
    type: 'object',
    properties: {
      from: { type: 'string', pattern: '^\\d{1,9}$' },
      limit: { type: 'integer', minimum: 1, maximum: 1_000 },
      state: { enum: ['running', 'done', 'failed', 'cancelled'] },
      subject: plainText(255),
    },
  },
  async handle({ database }, { query: { from = '0', limit = 50, state, subject } }) {
    const tasks = await readTasks(database, { offset: Number(from), limit, state, subject });
    return {
      tasks: tasks.map(formatTask),
      ...(tasks.length === limit && { next_token: String(Number(from) + limit) }),
    };
  },
});
