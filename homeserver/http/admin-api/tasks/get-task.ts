import { findTask } from '../../../administration/tasks/start-task.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatTask } from './format-task.ts';

/** How far a task is. Error: M_NOT_FOUND. */
export const getTask = defineEndpoint({
  operation: 'getTask',
  method: 'GET',
  path: '/_holdfast/v1/admin/tasks/{taskId}',
  authentication: 'admin',
  handle: async (context, { params }) => formatTask(await findTask(context, params.taskId)),
});
