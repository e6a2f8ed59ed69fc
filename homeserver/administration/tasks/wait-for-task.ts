import type { Context } from '../../platform/context.ts';
import type { TaskRow } from '../../storage/administration/task-row.ts';
import { findTask } from './start-task.ts';

const lookMs = 250;

/** A task once it is over, or as it is after `longestMs`, or when `signal` aborts. Throws M_NOT_FOUND. */
export async function waitForTask(
  context: Context,
  id: string,
  longestMs: number,
  signal: AbortSignal,
): Promise<TaskRow> {
  const { clock } = context;
  const untilMs = clock.monotonicMs() + longestMs;
  for (;;) {
    const task = await findTask(context, id);
    if (task.state !== 'running' || clock.monotonicMs() >= untilMs || signal.aborted) return task;
    await clock.sleep(lookMs, signal);
  }
}
