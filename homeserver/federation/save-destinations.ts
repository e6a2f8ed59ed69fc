import { removeFromOutbox, type SettledMessage, settleInOutbox } from '../devices/to-device/queue-to-device.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { DestinationRow } from '../storage/federation/destination-row.ts';
import { putDestination, putRoutedPositions } from '../storage/federation/write-destinations.ts';
import { destinationOwners } from './destination-owners.ts';

/**
 * Has the process that owns a home shard send to its servers. It asks this of itself; where the shard has moved in
 * between, the new owner begins.
 */
export const openDestinationsCommand: Command<null, null> = {
  name: 'open-destinations',
  key: () => 'open-destinations',
  releases: 'decided',
  async decide(shard) {
    await destinationOwners.of(shard.context).owner?.open(shard.id, shard.epoch);
    return { result: null };
  },
};

export interface SaveDestinationsInput {
  /** Under which the home shard's queues were opened. */
  readonly epoch: number;
  /** How far the logs of all shards have been routed; null: as before. */
  readonly routed: readonly number[] | null;
  readonly rows: readonly DestinationRow[];
  /** By server, up to where messages to devices were acknowledged. */
  readonly outbox: readonly (readonly [server: string, upTo: number])[];
  /** By server, messages to devices that were set aside, or had been and were acknowledged. */
  readonly settled: readonly (readonly [server: string, message: SettledMessage])[];
}

/** Saves how far servers have been sent what is for them. Gives false when the shard has changed hands since. */
export const saveDestinationsCommand: Command<SaveDestinationsInput, boolean> = {
  name: 'save-destinations',
  key: () => 'save-destinations',
  releases: 'decided',
  decide(shard, { epoch, routed, rows, outbox, settled }) {
    if (shard.epoch !== epoch) return { result: false };
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [
        ...rows.map(putDestination),
        // First: what is set aside is not deleted with those before it.
        ...settled.map(([server, message]) => settleInOutbox(server, message)),
        ...outbox.map(([server, upTo]) => removeFromOutbox(server, upTo)),
        ...(routed ? putRoutedPositions(shard.context.shardLog.shardCount, shard.id, routed) : []),
      ],
    }));
    return { result: true, committed };
  },
};

/** Has the home shard's process try a server again at once that has shown that it is there. */
export const wakeDestinationCommand: Command<{ readonly server: string }, null> = {
  name: 'wake-destination',
  key: ({ server }) => `wake-destination ${server}`,
  releases: 'decided',
  decide(shard, { server }) {
    destinationOwners.of(shard.context).owner?.heard(server);
    // Nothing was decided on what is not committed.
    return { result: null, committed: Promise.resolve() };
  },
};
