import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import type { QueueRow } from '../../storage/appservices/queue-row.ts';
import { insertSkip, putQueue, setQueuePaused } from '../../storage/appservices/write-queues.ts';
import type { AppserviceQueue } from './appservice-queue.ts';
import { queueOwners } from './queue-owners.ts';
import { withoutEvents } from './transaction.ts';

/**
 * Has the process that owns a home shard send to its services. It asks this of itself; where the shard has moved in
 * between, the new owner begins.
 */
export const openAppserviceQueuesCommand: Command<null, null> = {
  name: 'open-appservice-queues',
  key: () => 'open-appservice-queues',
  releases: 'decided',
  async decide(shard) {
    await queueOwners.of(shard.context).owner?.open(shard.id, shard.epoch);
    return { result: null };
  },
};

/** Saves how far a service has been sent what is for it. Gives false when the shard has changed hands since. */
export const saveAppserviceQueueCommand: Command<{ readonly epoch: number; readonly row: QueueRow }, boolean> = {
  name: 'save-appservice-queue',
  key: ({ row }) => `appservice ${row.id}`,
  releases: 'decided',
  decide(shard, { epoch, row }) {
    if (shard.epoch !== epoch) return { result: false };
    const committed = shard.append(0, () => ({ entries: [], writes: [putQueue(row)] }));
    return { result: true, committed };
  },
};

/** Has a service tried again at once that has shown that it is there; `isCertain`: also one that is held back. */
export const wakeAppserviceCommand: Command<{ readonly id: string; readonly isCertain?: boolean }, null> = {
  name: 'wake-appservice',
  key: ({ id }) => `wake-appservice ${id}`,
  releases: 'decided',
  decide(shard, { id, isCertain }) {
    const queue = queueOwners.of(shard.context).owner?.find(id);
    if (isCertain) queue?.resume();
    else queue?.heard();
    // Nothing was decided on what is not committed.
    return { result: null, committed: Promise.resolve() };
  },
};

export const pauseAppserviceCommand: Command<{ readonly id: string; readonly isPaused: boolean }, null> = {
  name: 'pause-appservice',
  key: ({ id }) => `pause-appservice ${id}`,
  releases: 'committed',
  async decide(shard, { id, isPaused }) {
    const queue = requireQueue(queueOwners.of(shard.context).owner?.find(id), id);
    if (isPaused) await queue.halt();
    // A new service may have no row yet.
    await queue.saveIdle();
    const committed = shard.append(0, () => ({ entries: [], writes: [setQueuePaused(id, isPaused)] }));
    if (!isPaused) {
      await committed;
      queue.isPaused = false;
      queue.resume();
    }
    return { result: null, committed };
  },
};

export interface SkipInput {
  readonly id: string;
  /** Of events of the transaction on its way; 'all': the whole of it. */
  readonly events: readonly string[] | 'all';
}

/**
 * Has the events of the transaction on its way passed over, which go into the record; the rest is sent as a new one.
 * Gives what was passed over. Throws M_NOT_FOUND.
 */
export const skipEventsCommand: Command<SkipInput, { readonly skipped: readonly string[] }> = {
  name: 'skip-appservice-events',
  key: ({ id }) => `skip-appservice-events ${id}`,
  releases: 'committed',
  async decide(shard, { id, events }) {
    const queue = requireQueue(queueOwners.of(shard.context).owner?.find(id), id);
    const wasPaused = queue.isPaused;
    await queue.halt();
    try {
      const { pending } = queue;
      if (!pending) throw new MatrixError('M_NOT_FOUND', 'Nothing is on its way to this application service');
      const skipped = pending.eventIds.filter((eventId) => events === 'all' || events.includes(eventId));
      if (skipped.length === 0 && events !== 'all') {
        throw new MatrixError('M_NOT_FOUND', 'The transaction on its way does not hold such an event');
      }
      const rest = events === 'all' ? undefined : withoutEvents(pending, pending.number + 1, new Set(skipped));
      const row = queue.rowWith(rest);
      const record = {
        ...{ service: id, skippedMs: shard.context.clock.wallMs(), transactionNumber: pending.number },
        lastError: queue.lastError ?? null,
      };
      const what = skipped.length === 0 ? ['what was no event'] : skipped;
      const writes = [putQueue(row), ...what.map((one) => insertSkip({ ...record, what: one }))];
      const committed = shard.append(0, () => ({ entries: [], writes }));
      await committed;
      queue.replacePending(row, rest);
      return { result: { skipped }, committed };
    } finally {
      queue.isPaused = wasPaused;
      queue.resume();
    }
  },
};

function requireQueue(queue: AppserviceQueue | undefined, id: string): AppserviceQueue {
  if (queue) return queue;
  throw new MatrixError('M_NOT_FOUND', `No application service ${JSON.stringify(id)} with a url is registered`);
}
