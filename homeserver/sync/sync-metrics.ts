import type { Context } from '../platform/context.ts';

/** `messages`: from memory, and nothing but messages; see `collect-messages.ts`. */
export type LookSource = 'messages' | 'memory' | 'tables';

/** How looks for news went, on this process. */
export interface SyncMetrics {
  /** One look, waiting not included; seconds. */
  observe(source: LookSource, durationMs: number): void;
}

export function createSyncMetrics({ metrics }: Context): SyncMetrics {
  const durations = metrics.histogram({
    name: 'holdfast_sync_look_seconds',
    help: 'Time that one look for news took, by where it was answered from, waiting not included',
    labels: ['source'],
  });
  return {
    observe: (source, durationMs) => durations.observe({ source }, durationMs / 1_000),
  };
}
