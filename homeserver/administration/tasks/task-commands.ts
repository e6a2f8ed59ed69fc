import type { AnyCommand, Command } from '../../platform/shard-log/command.ts';
import { readOpenTaskOf, readTask } from '../../storage/administration/read-tasks.ts';
import {
  askToCancelTask,
  insertTask,
  type NewTask,
  type SavedTask,
  saveTask,
} from '../../storage/administration/write-tasks.ts';

/** Gives the id of the task that is under way for the subject already, where there is one. */
export const startTaskCommand: Command<NewTask, { readonly id: string }> = {
  name: 'start-task',
  key: ({ kind, subject }) => `task ${kind} ${subject}`,
  releases: 'committed',
  async decide(shard, task) {
    const { database } = shard.context;
    const open = (await readOpenTaskOf(database, task.kind, task.subject)) ?? (await readTask(database, task.id));
    if (open) return { result: { id: open.id } };
    const committed = shard.append(0, () => ({ entries: [], writes: [insertTask(task)] }));
    return { result: { id: task.id }, committed };
  },
};

export const saveTaskCommand: Command<SavedTask, null> = {
  name: 'save-task',
  key: ({ id }) => `task ${id}`,
  releases: 'committed',
  decide: (shard, task) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [saveTask(task)] })),
  }),
};

export const cancelTaskCommand: Command<{ readonly id: string }, null> = {
  name: 'cancel-task',
  key: ({ id }) => `task ${id}`,
  releases: 'committed',
  decide: (shard, { id }) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [askToCancelTask(id)] })),
  }),
};

export const taskCommands: readonly AnyCommand[] = [startTaskCommand, saveTaskCommand, cancelTaskCommand];
