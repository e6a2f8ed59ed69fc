import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { readOpenTasks, readTask } from '../../storage/administration/read-tasks.ts';
import type { TaskRow } from '../../storage/administration/task-row.ts';
import { saveTaskCommand } from './task-commands.ts';
import type { TaskKind, TaskStep } from './task-kind.ts';

const lookMs = 2_000;
/** Of one process; the others wait. */
const maxAtOnce = 3;
const longestPauseMs = 30_000;
/** In a row, without a step in between: then the task is given up. */
const maxFaults = 8;

/**
 * Does the tasks of the shards that this process owns, step by step, and goes on with those that another process has
 * left. Gives what ends it: after the step under way.
 */
export function startTasks(context: Context, kinds: readonly TaskKind[]): () => Promise<void> {
  const { clock, database, log, metrics, shardLog } = context;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  metrics.observedGauge({
    name: 'holdfast_tasks_running',
    help: `Tasks of administrators that this process works at; ${maxAtOnce} at most.`,
    read: () => running.size,
  });
  const look = async () => {
    while (!stopping.signal.aborted) {
      try {
        const open = await readOpenTasks(database, shardLog.ownedShards(), maxAtOnce + running.size);
        for (const task of open.filter(({ id }) => !running.has(id)).slice(0, maxAtOnce - running.size)) {
          const work = runTask(context, kinds, task.id, stopping.signal).finally(() => running.delete(task.id));
          running.set(task.id, work);
        }
      } catch (error) {
        log.info({ err: error }, 'the tasks of administrators could not be looked at');
      }
      await clock.sleep(lookMs, stopping.signal);
    }
  };
  const looking = look();
  return async () => {
    stopping.abort();
    await looking;
    await Promise.all(running.values());
  };
}

/** Works at a task until it is over, somebody else's, or this process ends. Throws nothing. */
async function runTask(context: Context, kinds: readonly TaskKind[], id: string, signal: AbortSignal): Promise<void> {
  const { clock, log } = context;
  for (let faults = 0; !signal.aborted; ) {
    let pauseMs: number | undefined;
    try {
      const task = await readTask(context.database, id);
      if (task?.state !== 'running' || !context.shardLog.ownedShards().includes(task.shard)) return;
      pauseMs = await takeStep(context, kinds, task, faults);
      if (pauseMs === undefined) return;
      faults = 0;
    } catch (error) {
      faults++;
      pauseMs = Math.min(longestPauseMs, 500 * 2 ** faults);
      log.warn({ err: error, task: id, faults }, 'a step of a task failed; it is tried again');
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Does one step and saves where the task is. Gives how long to wait; undefined: it is over. Throws what may pass. */
async function takeStep(
  context: Context,
  kinds: readonly TaskKind[],
  task: TaskRow,
  faults: number,
): Promise<number | undefined> {
  const save = (step: Pick<TaskStep, 'progress' | 'done' | 'total'>, state: TaskRow['state'], error: string | null) =>
    context.shardLog.submit(saveTaskCommand, task.shard, {
      ...{ id: task.id, state, error },
      ...{ progress: step.progress, done: step.done, total: step.total },
    });
  const fail = async (error: string) => {
    await save(task, 'failed', error);
    return undefined;
  };
  if (task.isCancelAsked) {
    await save(task, 'cancelled', null);
    return undefined;
  }
  const kind = kinds.find(({ name }) => name === task.kind);
  if (!kind) return await fail('This version does not know the kind of task');
  if (faults >= maxFaults) return await fail('Too many steps failed one after another: the log says why');
  let step: TaskStep;
  try {
    step = await kind.step(context, task);
  } catch (error) {
    if (error instanceof MatrixError && error.status < 500) return await fail(error.message);
    throw error;
  }
  await save(step, step.isOver ? 'done' : 'running', null);
  return step.isOver ? undefined : (step.pauseMs ?? 0);
}
