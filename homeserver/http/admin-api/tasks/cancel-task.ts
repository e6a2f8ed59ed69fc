import { cancelTask as cancel } from '../../../administration/tasks/start-task.ts';
import { defineEndpoint } from '../../endpoint.ts';

/** Ends a task before its next step; what it has done stays done. Errors: M_NOT_FOUND, 409 where it is over. */
export const cancelTask = defineEndpoint({
  operation: 'cancelTask',
  method: 'POST',
  path: '/_holdfast/v1/admin/tasks/{taskId}/cancel',
  authentication: 'admin',
  async handle(context, { params }) {
    await cancel(context, params.taskId);
    return {};
  },
});
