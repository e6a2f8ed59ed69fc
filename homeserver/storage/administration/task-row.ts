import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';

/** Long work that an administrator asked for. */
export interface TaskRow {
  readonly id: string;
  /** Whose owner does it. */
  readonly shard: number;
  readonly kind: string;
  /** What it is done to, such as a room id. */
  readonly subject: string;
  /** What was asked for. */
  readonly input: JsonObject;
  /** Where it is; of a form that its kind knows. */
  readonly progress: JsonObject;
  readonly requestedBy: string;
  readonly createdMs: number;
  readonly state: TaskState;
  readonly isCancelAsked: boolean;
  readonly done: number;
  /** Of the same units as `done`; null: not known. */
  readonly total: number | null;
  /** Since it began, until it ended, by the database's clock. */
  readonly runningMs: number;
  readonly error: string | null;
}
