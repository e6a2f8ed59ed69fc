import { estimateTask } from '../../../administration/tasks/describe-task.ts';
import type { TaskRow } from '../../../storage/administration/task-row.ts';

/** A task as our own admin API tells it. Times are milliseconds. */
export function formatTask(task: TaskRow) {
  const { id, kind, subject, state, done, total, error } = task;
  const { percent, leftMs } = estimateTask(task);
  return {
    ...{ id, kind, subject, state, done, total, percent, left_ms: leftMs, error },
    ...{ requested_by: task.requestedBy, created_ts: task.createdMs, running_for_ms: Math.round(task.runningMs) },
    is_cancel_asked: task.isCancelAsked,
  };
}
