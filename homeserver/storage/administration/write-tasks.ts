import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { TaskRow, TaskState } from './task-row.ts';

const insertTasks: BatchStatement = {
  name: 'insert-tasks',
  table: 'admin_task',
  columns: {
    id: 'text',
    shard: 'smallint',
    kind: 'text',
    subject: 'text',
    input: 'text',
    requested_by: 'text',
    created_ms: 'bigint',
  },
  text: (rows) => `INSERT INTO admin_task
      (id, shard, kind, subject, input, requested_by, created_ms, progress, state, started_at)
    SELECT id, shard, kind, subject, input, requested_by, created_ms, '{}', 'running', clock_timestamp() FROM ${rows}
    ON CONFLICT DO NOTHING`,
};

export type NewTask = Pick<TaskRow, 'id' | 'shard' | 'kind' | 'subject' | 'input' | 'requestedBy' | 'createdMs'>;

export function insertTask({ id, shard, kind, subject, input, requestedBy, createdMs }: NewTask): Write {
  return { statement: insertTasks, row: [id, shard, kind, subject, JSON.stringify(input), requestedBy, createdMs] };
}

const saveTasks: BatchStatement = {
  name: 'save-tasks',
  table: 'admin_task',
  columns: { id: 'text', progress: 'text', done: 'bigint', total: 'bigint', state: 'text', error: 'text' },
  text: (rows) => `UPDATE admin_task SET progress = row.progress, done = row.done, total = row.total,
      state = row.state, error = row.error, ended_at = CASE WHEN row.state <> 'running' THEN clock_timestamp() END
    FROM ${rows} WHERE admin_task.id = row.id AND admin_task.state = 'running'`,
  rowKey: (row) => String(row[0]),
};

export interface SavedTask extends Pick<TaskRow, 'id' | 'progress' | 'done' | 'total' | 'error'> {
  readonly state: TaskState;
}

/** Where a task is. One that is over stays as it is. */
export function saveTask({ id, progress, done, total, state, error }: SavedTask): Write {
  return { statement: saveTasks, row: [id, JSON.stringify(progress), done, total, state, error] };
}

const askCancels: BatchStatement = {
  name: 'ask-to-cancel-tasks',
  table: 'admin_task',
  columns: { id: 'text' },
  text: (rows) => `UPDATE admin_task SET is_cancel_asked = true FROM ${rows}
    WHERE admin_task.id = row.id AND admin_task.state = 'running'`,
  rowKey: (row) => String(row[0]),
};

/** A task ends before its next step. */
export function askToCancelTask(id: string): Write {
  return { statement: askCancels, row: [id] };
}
