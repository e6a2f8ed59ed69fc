import type { Context } from '../context.ts';
import { type Gift, shareOut } from './decide-leases.ts';
import { forwardCommand } from './forward-command.ts';
import type { LeaseConnection, LeasesSeen, ProcessRow, TakenShard } from './lease-connection.ts';
import type { LogHints } from './log-hints.ts';
import type { ToldOfMemories } from './prepared-shards.ts';
import type { ShardOwners } from './shard-owners.ts';
import type { ShardWriter } from './shard-writer.ts';

export interface ShardHandOverOptions {
  readonly processId: string;
  /** Of what the processes tell each other. */
  readonly secret: string;
  readonly connection: LeaseConnection;
  readonly hints: LogHints;
  readonly owners: ShardOwners;
  /** Of the shards that this process owns. A shard's is taken out when its hand-over begins. */
  readonly writers: Map<number, ShardWriter>;
}

/** What the owner of a shard tells its successor, and is asked for by others, sent like a forwarded command. */
export const handOverMessages = {
  prepare: 'prepare-shard',
  receive: 'receive-shard',
  release: 'release-shard',
} as const;

export interface PrepareShardMessage {
  readonly memories: ToldOfMemories;
}

/** An operator asks the owner to give the shard away. */
export interface ReleaseShardMessage {
  readonly to?: string | undefined;
}

export interface ReceiveShardMessage extends TakenShard {
  readonly memories: ToldOfMemories;
}

const prepareTimeoutMs = 5_000;
const receiveTimeoutMs = 1_000;

/**
 * Gives shards of this process to others, so that nobody who writes notices: the successor reads what it will need
 * while the shard is still written here; then what was appended is finished, the shard's row changes its owner, and the
 * successor is told. A successor that does not hear of it sees it in the row at its next look.
 */
export class ShardHandOver {
  readonly #context: Context;
  readonly #options: ShardHandOverOptions;

  constructor(context: Context, options: ShardHandOverOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Who gets what when this process ends. Nobody, where it is alone. */
  shareOutAll({ shards, processes }: LeasesSeen): Gift[] {
    const { processId, writers } = this.#options;
    const others = processes.filter(({ id, live }) => live && id !== processId);
    const takers = others.filter(({ takesShards }) => takesShards);
    const own = shards.filter(({ id }) => writers.has(id));
    return shareOut(
      own,
      shards,
      (takers.length > 0 ? takers : others).map(({ id }) => id),
    );
  }

  /** Hands a shard over, or frees it where the successor is not ready. Throws when the database is away. */
  async handOver(shard: number, successor: ProcessRow | undefined): Promise<void> {
    const { writers, connection, hints } = this.#options;
    const writer = writers.get(shard);
    if (!writer) return;
    const isReady = successor !== undefined && (await this.#prepare(writer, successor));
    // It may have failed meanwhile.
    if (writers.get(shard) !== writer || !writer.isOpen) return;
    writers.delete(shard);
    await writer.drain();
    if (isReady) {
      await this.#give(writer, successor);
    } else {
      await connection.free(shard);
      hints.announceOwners();
    }
    this.#context.log.info({ shard, to: isReady ? successor.id : 'anybody' }, 'shard handed over');
    await writer.close();
  }

  async #prepare(writer: ShardWriter, successor: ProcessRow): Promise<boolean> {
    const shard = writer.id;
    try {
      const message: PrepareShardMessage = { memories: writer.announceMemories() };
      await this.#tell(handOverMessages.prepare, shard, successor, prepareTimeoutMs, message);
      return true;
    } catch (error) {
      this.#context.log.warn({ shard, to: successor.id, err: error }, 'the next owner of a shard is not ready');
      return false;
    }
  }

  async #give(writer: ShardWriter, successor: ProcessRow): Promise<void> {
    const { connection, owners, hints } = this.#options;
    const shard = writer.id;
    const given = await connection.give(shard, successor.id);
    // Somebody took it: the lease was over.
    if (!given) return;
    const owner = { processId: successor.id, address: successor.address };
    hints.announceHandOver(shard, owner, given.epoch);
    const message: ReceiveShardMessage = { ...given, memories: writer.handOverMemories() };
    const received = this.#tell(handOverMessages.receive, shard, successor, receiveTimeoutMs, message);
    // What is forwarded from now on waits there until the shard has come.
    owners.note(shard, given.epoch, owner);
    await received.catch((error: unknown) => {
      this.#context.log.warn({ shard, to: successor.id, err: error }, 'the next owner of a shard did not answer');
    });
  }

  async #tell(
    name: string,
    shard: number,
    { address }: ProcessRow,
    timeoutMs: number,
    input: PrepareShardMessage | ReceiveShardMessage,
  ): Promise<void> {
    const { secret } = this.#options;
    await forwardCommand({ address, secret, name, shard, input, timeoutMs, onOwnerChange: () => () => {} });
  }
}
