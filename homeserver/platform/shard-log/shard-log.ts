import { DeadlineExceededError, withDeadline } from '@holdfast/effects/deadline.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { CheckedClock } from '../checked-clock.ts';
import type { Context, ShardLogAccess } from '../context.ts';
import { isDatabaseOutage } from '../database/database-error.ts';
import type { AnyCommand } from './command.ts';
import { forwardCommand } from './forward-command.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { LogHints } from './log-hints.ts';
import { LogTail, type ReadEventEntries } from './log-tail.ts';
import type { Preparation } from './prepared-shards.ts';
import { type CommandServer, serveCommands } from './serve-commands.ts';
import { ShardUnavailableError } from './shard-error.ts';
import {
  handOverMessages,
  type PrepareShardMessage,
  type ReceiveShardMessage,
  type ReleaseShardMessage,
} from './shard-hand-over.ts';
import { ShardLeases } from './shard-leases.ts';
import { createShardLogMetrics, observeShardLog, type ShardLogMetrics } from './shard-log-metrics.ts';
import { ShardOwners } from './shard-owners.ts';
import type { ShardWriter } from './shard-writer.ts';
import type { SubmittedCommand } from './submitted-command.ts';

export interface ShardLogOptions {
  /** The context's, which the log tells the time. */
  readonly clock: CheckedClock;
  readonly commands: readonly AnyCommand[];
  readonly preparation: Preparation;
  readonly readEventEntries: ReadEventEntries;
  /** Shared by all processes of the homeserver; authenticates forwarded commands. */
  readonly secret: string;
}

const submitTimeoutMs = 10_000;
/** Of one shard, waiting for their transaction. */
const maxPendingChanges = 5_000;
const maxPendingBytes = 64 * 1024 * 1024;
/** Of this process, those forwarded to it included. */
const maxWaitingCommands = 10_000;
const firstPauseMs = 100;
/** For a shard that is on its way to this process. */
const handOverPatienceMs = 1_000;
const longestPauseMs = 800;

/**
 * The write side and the stream of this homeserver: commands go to the owner of their shard, wherever it is; what they
 * commit comes back through `tail`, on every process.
 */
export class ShardLog implements ShardLogAccess {
  readonly tail: LogTail;
  readonly #leases: ShardLeases;
  readonly #context: Context;
  readonly #processId: string;
  readonly #hints: LogHints;
  readonly #owners: ShardOwners;
  readonly #metrics: ShardLogMetrics;
  readonly #commands: ReadonlyMap<string, AnyCommand>;
  readonly #secret: string;
  readonly #queue = new KeyedQueue();
  #server: CommandServer | undefined;
  #waitingCommands = 0;
  #closed = false;

  constructor(context: Context, options: ShardLogOptions) {
    this.#context = context;
    this.#secret = options.secret;
    this.#commands = new Map(options.commands.map((command) => [command.name, command]));
    const processId = context.random.uuid();
    this.#processId = processId;
    this.#hints = new LogHints(context, processId);
    this.#owners = new ShardOwners(context.clock);
    this.#metrics = createShardLogMetrics(context.metrics);
    this.tail = new LogTail(context, options.readEventEntries);
    this.#leases = new ShardLeases(context, {
      processId,
      secret: options.secret,
      clock: options.clock,
      preparation: options.preparation,
      hints: this.#hints,
      owners: this.#owners,
      metrics: this.#metrics,
      committed: (shard, entries) => {
        this.tail.applyCommitted(shard, entries);
        const last = entries.at(-1);
        if (last) this.#hints.announcePosition(shard, last.position);
      },
    });
    this.#observe();
  }

  async start(): Promise<void> {
    await this.#ensureShards();
    await this.tail.start();
    this.#server = await serveCommands(this.#context, this.#secret, (name, shard, input, timeoutMs) =>
      this.#runForwarded(name, shard, input, timeoutMs),
    );
    await this.#hints.listen((hint) => {
      for (const [shard, position] of Object.entries(hint.positions)) this.tail.catchUp(Number(shard), position);
      for (const [shard, { epoch, ...owner }] of Object.entries(hint.handedOver ?? {})) {
        this.#leases.noteHandOver(Number(shard), owner, epoch);
      }
      if (hint.ownersChanged) void this.#leases.look();
    });
    await this.#leases.start(this.#server.address);
  }

  /** Hands the shards over and stops. What was appended is finished first; commands that come later are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#leases.close();
    this.tail.close();
    await this.#hints.close();
    await this.#server?.close();
  }

  ownedShards(): number[] {
    return this.#leases.ownedShards();
  }

  /** Under which the database knows this process. */
  get processId(): string {
    return this.#processId;
  }

  get shardCount(): number {
    return this.#context.config.shards.count;
  }

  async submit<Input, Result>(command: SubmittedCommand<Input, Result>, shard: number, input: Input): Promise<Result> {
    const endMs = this.#context.clock.monotonicMs() + submitTimeoutMs;
    return await this.#whileWaiting(async () => {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
        const leftMs = endMs - this.#context.clock.monotonicMs();
        if (leftMs <= 0 || this.#closed) throw unavailable();
        const version = this.#owners.version(shard);
        const tried = await this.#tryOnce(command, shard, input, endMs);
        if (tried.done) return tried.result as Result;
        await this.#owners.waitForChange(shard, version, Math.min(leftMs, pauseMs));
        if (tried.failed) this.#metrics.repeated.add({});
      }
    });
  }

  async handOver(shard: number, to?: string): Promise<void> {
    if (this.#leases.writer(shard)) return await this.#leases.giveAway(shard, to);
    const owner = this.#owners.get(shard);
    if (!owner) throw unavailable();
    const asked = { address: owner.address, secret: this.#secret, name: handOverMessages.release, shard };
    const message: ReleaseShardMessage = { to };
    try {
      // It has another owner exactly when this succeeds.
      await forwardCommand({ ...asked, input: message, timeoutMs: submitTimeoutMs, onOwnerChange: () => () => {} });
    } catch (error) {
      throw error instanceof ShardUnavailableError ? unavailable() : error;
    }
  }

  /** Runs the command where its shard is owned now. Not done: nobody owns it, or it may and has to be run again. */
  async #tryOnce(
    command: SubmittedCommand<unknown, unknown>,
    shard: number,
    input: unknown,
    endMs: number,
  ): Promise<{ done: true; result: unknown } | { done: false; failed: boolean }> {
    const writer = this.#leases.writer(shard);
    const other = writer ? undefined : this.#owners.get(shard);
    if (!writer && !other) return { done: false, failed: false };
    try {
      const result = writer
        ? await this.#run(this.#commandOf(command.name), writer, input, endMs)
        : await this.#forward(other?.address ?? '', command.name, shard, input, endMs);
      return { done: true, result };
    } catch (error) {
      if (error instanceof DeadlineExceededError) throw unavailable();
      if (!(error instanceof ShardUnavailableError) && !isDatabaseOutage(error)) throw error;
      return { done: false, failed: true };
    }
  }

  #forward(address: string, name: string, shard: number, input: unknown, endMs: number): Promise<unknown> {
    this.#metrics.forwarded.add({});
    return forwardCommand({
      address,
      secret: this.#secret,
      name,
      shard,
      input,
      timeoutMs: endMs - this.#context.clock.monotonicMs(),
      onOwnerChange: (abandon) => this.#owners.onChange(shard, abandon),
    });
  }

  async #runForwarded(name: string, shard: number, input: unknown, timeoutMs: number): Promise<unknown> {
    if (name === handOverMessages.prepare) return await this.#leases.prepareShard(shard, input as PrepareShardMessage);
    if (name === handOverMessages.receive) return await this.#leases.receiveShard(shard, input as ReceiveShardMessage);
    if (name === handOverMessages.release) return await this.#leases.giveAway(shard, (input as ReleaseShardMessage).to);
    const command = this.#commandOf(name);
    const endMs = this.#context.clock.monotonicMs() + timeoutMs;
    const writer = this.#leases.writer(shard) ?? (await this.#expectedWriter(shard, timeoutMs));
    if (!writer) throw new ShardUnavailableError(`shard ${shard} is not held here`, 'not-written');
    try {
      return await this.#whileWaiting(() => this.#run(command, writer, input, endMs));
    } catch (error) {
      if (error instanceof DeadlineExceededError) throw unavailable();
      if (isDatabaseOutage(error)) throw new ShardUnavailableError('the database is away', 'not-written', error);
      throw error;
    }
  }

  /** Whoever has heard of a hand-over before this process has must not be sent away. */
  async #expectedWriter(shard: number, timeoutMs: number): Promise<ShardWriter | undefined> {
    if (!this.#leases.isExpecting(shard)) return undefined;
    const version = this.#owners.version(shard);
    await this.#whileWaiting(() => this.#owners.waitForChange(shard, version, Math.min(timeoutMs, handOverPatienceMs)));
    return this.#leases.writer(shard);
  }

  #commandOf(name: string): AnyCommand {
    const command = this.#commands.get(name);
    if (!command) throw new Error(`the command ${name} is not in the list of commands`);
    return command;
  }

  /** Counts the command among those that wait, which are bounded: beyond that it is better to say so at once. */
  async #whileWaiting<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waitingCommands >= maxWaitingCommands) throw unavailable();
    this.#waitingCommands++;
    try {
      return await work();
    } finally {
      this.#waitingCommands--;
    }
  }

  /** Runs a command here. Throws DeadlineExceededError at `endMs`; the command may then still be finished, unheard. */
  async #run(command: AnyCommand, writer: ShardWriter, input: unknown, endMs: number): Promise<unknown> {
    if (writer.pendingCount > maxPendingChanges || writer.pendingBytes > maxPendingBytes) throw unavailable();
    const leftMs = endMs - this.#context.clock.monotonicMs();
    const { clock } = this.#context;
    return await withDeadline(this.#runInTurn(command, writer, input, endMs), leftMs, command.name, { clock });
  }

  async #runInTurn(command: AnyCommand, writer: ShardWriter, input: unknown, endMs: number): Promise<unknown> {
    if (command.prepare) await command.prepare(writer, input);
    // A new epoch's commands do not wait for those of an old one, which can write nothing any more.
    const acquired = this.#queue.acquire(`${writer.id}/${writer.epoch}/${command.key(input)}`);
    const release = typeof acquired === 'function' ? acquired : await acquired;
    let released = false;
    try {
      if (!writer.isOpen) throw new ShardUnavailableError(`shard ${writer.id} is no longer held here`, 'not-written');
      // Nobody waits for it any more: what it would do is asked for again.
      if (this.#context.clock.monotonicMs() >= endMs) throw unavailable();
      const decision = await command.decide(writer, input);
      const committed = decision.committed ?? writer.settled();
      if (command.releases === 'decided') {
        released = true;
        release();
      }
      await committed;
      return decision.result;
    } finally {
      if (!released) release();
    }
  }

  async #ensureShards(): Promise<void> {
    await this.#context.database`
      INSERT INTO shard (id) SELECT generate_series(0, ${this.shardCount - 1}) ON CONFLICT DO NOTHING`;
  }

  #observe(): void {
    const gauges = {
      commandsWaiting: () => this.#waitingCommands,
      changesPending: () => this.#leases.changesPending(),
      changeBytesPending: () => this.#leases.changeBytesPending(),
      shardsOwned: () => this.#leases.ownedShards().length,
      leaseAgeMs: () => this.#leases.ageMs(),
      tailAgeMs: () => this.tail.ageMs(),
      tailBytes: () => this.tail.sizeBytes(),
    };
    const tailBytes = this.#context.config.limits.recentEntryBytes;
    const changes = { changes: maxPendingChanges, changeBytes: maxPendingBytes };
    const limits = { commands: maxWaitingCommands, ...changes, tailBytes };
    observeShardLog(this.#context.metrics, gauges, limits);
  }
}

function unavailable(): MatrixError {
  return new MatrixError('M_UNKNOWN', 'The server cannot write at the moment, please try again', {
    status: 503,
    fields: { retry_after_ms: 1_000 },
  });
}
