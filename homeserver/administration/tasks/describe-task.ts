import type { TaskRow } from '../../storage/administration/task-row.ts';

/** How far a task is, as people ask it. */
export interface TaskEstimate {
  /** 0 to 100; null where the whole is not known. */
  readonly percent: number | null;
  /** As the work has gone so far; null where it cannot be said. */
  readonly leftMs: number | null;
}

export function estimateTask({ state, done, total, runningMs }: TaskRow): TaskEstimate {
  if (state === 'done') return { percent: 100, leftMs: 0 };
  if (total === null || total <= 0) return { percent: null, leftMs: null };
  const share = Math.min(1, done / total);
  const leftMs = state === 'running' && share > 0 ? Math.round((runningMs / share) * (1 - share)) : null;
  return { percent: Math.floor(share * 100), leftMs };
}
