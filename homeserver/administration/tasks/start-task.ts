import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { readTask } from '../../storage/administration/read-tasks.ts';
import type { TaskRow } from '../../storage/administration/task-row.ts';
import { cancelTaskCommand, startTaskCommand } from './task-commands.ts';

export interface TaskWish {
  readonly kind: string;
  readonly subject: string;
  /** Whose owner is to do it. */
  readonly shard: number;
  readonly input: JsonObject;
  readonly requestedBy: string;
}

/** Stores a task; the owner of its shard begins within seconds. Gives the id of the one that is under way already. */
export async function startTask(context: Context, wish: TaskWish): Promise<string> {
  const task = { ...wish, id: context.random.letters(16), createdMs: context.clock.wallMs() };
  return (await context.shardLog.submit(startTaskCommand, wish.shard, task)).id;
}

/** Throws M_NOT_FOUND. */
export async function findTask(context: Context, id: string): Promise<TaskRow> {
  const task = await readTask(context.database, id);
  if (!task) throw new MatrixError('M_NOT_FOUND', 'There is no such task');
  return task;
}

/** Ends a task before its next step; what it has done stays done. Throws M_NOT_FOUND, and M_UNKNOWN (409) when it is over. */
export async function cancelTask(context: Context, id: string): Promise<void> {
  const { shard, state } = await findTask(context, id);
  if (state !== 'running') throw new MatrixError('M_UNKNOWN', `This task is ${state} already`, { status: 409 });
  await context.shardLog.submit(cancelTaskCommand, shard, { id });
}
