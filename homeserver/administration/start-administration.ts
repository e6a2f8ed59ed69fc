import type { Context } from '../platform/context.ts';
import { startFigures } from './overview/sample-figures.ts';
import { deleteRoomTask } from './rooms/delete-room-task.ts';
import { purgeHistoryTask } from './rooms/purge-history-task.ts';
import { startRoomFigures } from './rooms/room-figures.ts';
import { startTasks } from './tasks/run-tasks.ts';
import { redactUserTask } from './users/redact-user-task.ts';

/** Starts what goes on by itself for administrators in this process. Gives what ends it. */
export function startAdministration(context: Context): () => Promise<void> {
  const tasks = startTasks(context, [purgeHistoryTask, deleteRoomTask, redactUserTask]);
  const stops = [startRoomFigures(context), startFigures(context), tasks];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
