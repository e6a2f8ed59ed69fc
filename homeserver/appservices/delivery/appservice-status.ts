import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { readQueues } from '../../storage/appservices/read-queues.ts';
import { readRegistrations } from '../../storage/appservices/read-registrations.ts';
import { homeShardOf, queueOwners } from './queue-owners.ts';

/** How it stands with an application service. */
export interface AppserviceStatus {
  readonly id: string;
  /** `silent`: it has no url, so nothing is sent. `opening`: no process sends to it yet. */
  readonly state: 'idle' | 'sending' | 'waiting' | 'paused' | 'silent' | 'opening';
  /**
   * Who paused it; null: nobody. `itself`: it is well and refuses the same transaction again and again, so it is tried
   * once an hour.
   */
  readonly pausedBy: 'person' | 'itself' | null;
  /** Events in the transaction on its way. */
  readonly queued: number;
  /** The first of them. */
  readonly firstEventId: string | null;
  /** Entries of the log that have not been looked at yet. */
  readonly entriesBehind: number;
  /** For how long the oldest event that was not acknowledged has waited; null: none waits. */
  readonly oldestMs: number | null;
  readonly failures: number;
  readonly retryInMs: number | null;
  readonly lastSuccessTs: number | null;
  readonly lastError: string | null;
}

/** What the process that sends to a service knows. Writes nothing. */
export const readAppserviceStatusCommand: Command<{ readonly id: string }, AppserviceStatus | null> = {
  name: 'read-appservice-status',
  key: ({ id }) => `read-appservice-status ${id}`,
  releases: 'decided',
  decide({ context }, { id }) {
    return { result: describeQueue(context, id), committed: Promise.resolve() };
  },
};

function describeQueue(context: Context, id: string): AppserviceStatus | null {
  const queue = queueOwners.of(context).owner?.find(id);
  if (!queue) return null;
  const { pending, isPaused, poison, failures, retryInMs, entriesBehind } = queue;
  const pausedBy = isPaused ? 'person' : poison.isHeld ? 'itself' : null;
  const isBusy = pending !== undefined || entriesBehind > 0;
  return {
    id,
    pausedBy,
    state: pausedBy ? 'paused' : retryInMs !== null ? 'waiting' : isBusy ? 'sending' : 'idle',
    queued: pending?.eventIds.length ?? 0,
    firstEventId: pending?.eventIds[0] ?? null,
    oldestMs: pending ? Math.max(0, context.clock.wallMs() - pending.madeMs) : null,
    ...{ entriesBehind, failures, retryInMs },
    lastSuccessTs: queue.lastSuccessMs,
    lastError: queue.lastError ?? null,
  };
}

/** How it stands with all registered services, over all processes, by id. Throws 503 while a shard has no owner. */
export async function readAppserviceStatuses(context: Context): Promise<AppserviceStatus[]> {
  const [rows, stored] = await Promise.all([readRegistrations(context.database), readQueues(context.database)]);
  return await Promise.all(
    rows.map(async ({ id, registration }) => {
      const input = { id };
      const live = await context.shardLog.submit(readAppserviceStatusCommand, homeShardOf(context, id), input);
      if (live) return live;
      const hasUrl = Boolean((JSON.parse(registration) as { url?: string | null }).url);
      const queue = stored.get(id);
      const state = hasUrl ? ('opening' as const) : ('silent' as const);
      return { ...nothing, id, state, lastSuccessTs: queue?.lastSuccessMs ?? null };
    }),
  );
}

const nothing = {
  ...{ queued: 0, firstEventId: null, entriesBehind: 0, oldestMs: null, failures: 0, retryInMs: null },
  ...{ lastError: null, pausedBy: null },
} as const satisfies Partial<AppserviceStatus>;
