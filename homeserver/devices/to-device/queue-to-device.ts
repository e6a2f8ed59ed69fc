import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command, OwnedShard, ShardMemory } from '../../platform/shard-log/command.ts';
import { hasTransaction } from '../../storage/devices/read-inbox.ts';
import { countOutbox, readOldOutboxId } from '../../storage/devices/read-outbox.ts';
import { forgetTransactions, insertTransaction } from '../../storage/devices/write-inbox.ts';
import {
  deleteOldestUpTo,
  deleteOutboxMessage,
  deleteOutboxUpTo,
  insertOutboxMessage,
  setOutboxMessageAside,
} from '../../storage/devices/write-outbox.ts';
import { forgetEvery, rememberedPositions } from './request-identity.ts';

export interface QueueToDeviceInput {
  /** SHA-256 of sender, device and transaction id, base64. */
  readonly identity: string;
  readonly destination: string;
  /** Contents of m.direct_to_device EDUs, JSON. */
  readonly contents: readonly string[];
}

/** Messages that wait for one server. When there are more the oldest give way: a server that never comes fills only this. */
export const maxOutboxMessages = 100_000;
const droppedAtOnce = 1_000;
const keptCounts = 20_000;
const longestProblem = 500;

/** How many messages wait, as the shard's owner knows; an upper bound between a count and the next. */
const outboxCounts: ShardMemory<BoundedCache<string, number>> = {
  name: 'outbox-counts',
  create: () => new BoundedCache(keptCounts),
};

/** Puts messages for the devices of another server's users into the outbox, once. Runs on the server's home shard. */
export const queueToDeviceCommand: Command<QueueToDeviceInput, null> = {
  name: 'queue-to-device',
  key: ({ destination }) => `outbox ${destination}`,
  releases: 'committed',
  async decide(shard, { identity, destination, contents }) {
    const identityBytes = Buffer.from(identity, 'base64');
    if (await hasTransaction(shard.context.database, shard.id, identityBytes)) return { result: null };
    const room = await makeRoom(shard, destination, contents.length);
    const committed = shard.append(contents.length, (first) => ({
      entries: contents.map(() => ({ kind: 'outgoing-to-device', body: { destination } })),
      writes: [
        ...room,
        insertTransaction(shard.id, identityBytes, first),
        ...(first % forgetEvery < contents.length ? [forgetTransactions(shard.id, first - rememberedPositions)] : []),
        ...contents.map((content) => insertOutboxMessage(destination, content)),
      ],
    }));
    return { result: null, committed };
  },
};

async function makeRoom(shard: OwnedShard, destination: string, added: number): Promise<Write[]> {
  const counts = shard.remember(outboxCounts);
  const { database, log } = shard.context;
  const known = counts.get(destination) ?? (await countOutbox(database, destination));
  counts.set(destination, known + added);
  if (known + added <= maxOutboxMessages) return [];
  // What was acknowledged since is not in the count: the next message counts anew.
  counts.delete(destination);
  if ((await countOutbox(database, destination)) + added <= maxOutboxMessages) return [];
  const lastId = await readOldOutboxId(database, destination, droppedAtOnce);
  log.warn({ destination, messages: droppedAtOnce }, 'too many messages wait for a server: the oldest were dropped');
  return lastId === undefined ? [] : [deleteOldestUpTo(destination, lastId)];
}

/** Deletes the messages that a server has acknowledged, up to one by its id. For commands of the server's home shard. */
export function removeFromOutbox(destination: string, upTo: number): Write {
  return deleteOutboxUpTo(destination, upTo);
}

/** What became of one message that was sent by itself, or that was found to be what its server refuses. */
export interface SettledMessage {
  readonly id: number;
  /** Why the server refuses it while it takes others; null: it has it. */
  readonly problem: string | null;
}

/** Deletes a message that its server has; sets one aside that it refuses. For commands of the server's home shard. */
export function settleInOutbox(destination: string, { id, problem }: SettledMessage): Write {
  return problem === null
    ? deleteOutboxMessage(destination, id)
    : setOutboxMessageAside(destination, id, problem.slice(0, longestProblem));
}
