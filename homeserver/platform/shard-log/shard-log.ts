import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context, ShardLogAccess } from '../context.ts';
import { isDatabaseOutage } from '../database/database-error.ts';
import type { AnyCommand } from './command.ts';
import { forwardCommand } from './forward-command.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { LogHints } from './log-hints.ts';
import { LogTail, type ReadEventEntries } from './log-tail.ts';
import { type CommandServer, serveCommands } from './serve-commands.ts';
import { ShardUnavailableError } from './shard-error.ts';
import { ShardLeases } from './shard-leases.ts';
import type { ShardWriter } from './shard-writer.ts';
import type { SubmittedCommand } from './submitted-command.ts';

export interface ShardLogOptions {
  readonly commands: readonly AnyCommand[];
  readonly readEventEntries: ReadEventEntries;
  /** Shared by all processes of the homeserver; authenticates forwarded commands. */
  readonly secret: string;
}

const submitTimeoutMs = 10_000;
const maxPendingChanges = 5_000;
const pauseAfterFailureMs = 250;

/**
 * The write side and the stream of this homeserver: commands go to the owner of their shard, wherever it is; what they
 * commit comes back through `tail`, on every process.
 */
export class ShardLog implements ShardLogAccess {
  readonly tail: LogTail;
  readonly #leases: ShardLeases;
  readonly #context: Context;
  readonly #hints: LogHints;
  readonly #commands: ReadonlyMap<string, AnyCommand>;
  readonly #secret: string;
  readonly #queue = new KeyedQueue();
  #server: CommandServer | undefined;

  constructor(context: Context, options: ShardLogOptions) {
    this.#context = context;
    this.#secret = options.secret;
    this.#commands = new Map(options.commands.map((command) => [command.name, command]));
    this.#hints = new LogHints(context);
    this.tail = new LogTail(context, options.readEventEntries);
    this.#leases = new ShardLeases(context, this.#hints, (shard, entries) => {
      this.tail.applyCommitted(shard, entries);
      const last = entries.at(-1);
      if (last) this.#hints.announce(shard, last.position);
    });
  }

  async start(): Promise<void> {
    await this.#ensureShards();
    await this.tail.start();
    this.#server = await serveCommands(this.#context, this.#secret, (name, shard, input, timeoutMs) =>
      this.#runForwarded(name, shard, input, timeoutMs),
    );
    await this.#hints.listen((hint) => {
      for (const [shard, position] of Object.entries(hint.positions)) this.tail.catchUp(Number(shard), position);
      if (hint.freed) void this.#leases.tick();
    });
    await this.#leases.start(this.#server.address);
  }

  /** Hands the shards over and stops. Commands under way are finished first. */
  async close(): Promise<void> {
    await this.#leases.close();
    this.tail.close();
    await this.#hints.close();
    await this.#server?.close();
  }

  ownedShards(): number[] {
    return this.#leases.ownedShards();
  }

  get shardCount(): number {
    return this.#context.config.shards.count;
  }

  async submit<Input, Result>(command: SubmittedCommand<Input, Result>, shard: number, input: Input): Promise<Result> {
    const endMs = this.#context.clock.monotonicMs() + submitTimeoutMs;
    for (;;) {
      const leftMs = endMs - this.#context.clock.monotonicMs();
      if (leftMs <= 0) throw unavailable();
      const writer = this.#leases.writer(shard);
      const other = writer ? undefined : this.#leases.otherOwner(shard);
      if (!writer && !other) {
        await this.#leases.waitForChange(Math.min(leftMs, pauseAfterFailureMs));
        continue;
      }
      try {
        if (writer) return (await this.#run(this.#commandOf(command.name), writer, input)) as Result;
        const address = other?.address ?? '';
        const forwarded = { address, secret: this.#secret, name: command.name, shard, input, timeoutMs: leftMs };
        return (await forwardCommand(forwarded)) as Result;
      } catch (error) {
        if (!(error instanceof ShardUnavailableError) && !isDatabaseOutage(error)) throw error;
        await this.#leases.waitForChange(Math.min(leftMs, pauseAfterFailureMs));
      }
    }
  }

  async #runForwarded(name: string, shard: number, input: unknown, _timeoutMs: number): Promise<unknown> {
    const command = this.#commandOf(name);
    const writer = this.#leases.writer(shard);
    if (!writer) throw new ShardUnavailableError(`shard ${shard} is not held here`, 'not-written');
    try {
      return await this.#run(command, writer, input);
    } catch (error) {
      if (isDatabaseOutage(error)) throw new ShardUnavailableError('the database is away', 'not-written', error);
      throw error;
    }
  }

  #commandOf(name: string): AnyCommand {
    const command = this.#commands.get(name);
    if (!command) throw new Error(`the command ${name} is not in the list of commands`);
    return command;
  }

  async #run(command: AnyCommand, writer: ShardWriter, input: unknown): Promise<unknown> {
    if (writer.pendingCount > maxPendingChanges) throw unavailable();
    const key = `${writer.id}/${command.key(input)}`;
    const acquired = this.#queue.acquire(key);
    const release = typeof acquired === 'function' ? acquired : await acquired;
    let released = false;
    try {
      const decision = await command.decide(writer, input);
      if (command.releases === 'decided') {
        released = true;
        release();
      }
      await decision.committed;
      return decision.result;
    } finally {
      if (!released) release();
    }
  }

  async #ensureShards(): Promise<void> {
    await this.#context.database`
      INSERT INTO shard (id) SELECT generate_series(0, ${this.shardCount - 1}) ON CONFLICT DO NOTHING`;
  }
}

function unavailable(): MatrixError {
  return new MatrixError('M_UNKNOWN', 'The server cannot write at the moment, please try again', {
    status: 503,
    fields: { retry_after_ms: 1_000 },
  });
}
