import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { TaskRow } from '../../storage/administration/task-row.ts';

/** Where a task is after a step. */
export interface TaskStep {
  readonly progress: JsonObject;
  readonly done: number;
  readonly total: number | null;
  readonly isOver: boolean;
  /** Before the next step, for a task that waits for something. */
  readonly pauseMs?: number;
}

/** A kind of long work. */
export interface TaskKind {
  readonly name: string;
  /**
   * Does a part of the work, of a second at most. What it did is committed when this resolves, and its progress is saved
   * after that: the same part may be done again, also beside another process that still believes it should.
   * MatrixErrors below 500 end the task as failed.
   */
  step(context: Context, task: TaskRow): Promise<TaskStep>;
}
