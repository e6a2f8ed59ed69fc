import { setTimeout as wait } from 'node:timers/promises';
import { type Drill, finding } from '../drill.ts';

/** D8. Processes tell each other nothing: whatever is not theirs they find by looking at the log once a second. */
export const dropHints: Drill = {
  name: 'd8',
  fault: 'all hints between processes are dropped',
  shardCount: 3,
  longestGapMs: 5_000,
  deliveryP99Ms: 1_500,
  environment: { HOLDFAST_PROCESS_HINTS: 'false' },
  async inject({ cluster, short }) {
    await wait(short ? 5_000 : 20_000);
    const listeners = await cluster.sql`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND query ILIKE 'listen%'`;
    return [finding('processes that listen for hints', listeners.length, '0', listeners.length === 0)];
  },
};
