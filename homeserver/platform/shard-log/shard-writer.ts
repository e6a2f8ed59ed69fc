import type { Context } from '../context.ts';
import { classifyDatabaseError } from '../database/database-error.ts';
import type { Sql } from '../database/open-database.ts';
import { type BatchStatement, type Change, type Write, WriteGroups } from './batch.ts';
import type { OwnedShard, ShardMemory } from './command.ts';
import { fenceEpoch } from './fence-epoch.ts';
import { entryKindNumbers, type LogEntry } from './log-entry.ts';
import { openWriterConnection, writerPatienceMs } from './open-writer-connection.ts';
import type { PreparedShard, ToldOfMemories } from './prepared-shards.ts';
import { ShardUnavailableError } from './shard-error.ts';
import type { ShardLogMetrics } from './shard-log-metrics.ts';

/** How a shard's ownership on this process came to its end. */
export type ShardEnd = 'lost' | 'restart' | 'restart-alone';

export interface ShardWriterEvents {
  /** A batch is durable. Entries are in position order and follow the previous call's without a gap. */
  committed(shard: number, entries: readonly LogEntry[]): void;
  /** No longer usable. 'restart': the shard is still ours, but what was in memory may be ahead of the database. */
  ended(writer: ShardWriter, how: ShardEnd): void;
}

/** A shard that this process has just got. */
export interface HeldShard {
  readonly id: number;
  readonly epoch: number;
  readonly position: number;
  /** So many changes get a transaction of their own. */
  readonly aloneCount: number;
  readonly prepared?: PreparedShard | undefined;
  /** What the owner before told of its memories, if what was prepared goes with it. */
  readonly handedOver?: ToldOfMemories | undefined;
}

interface PendingChange {
  readonly entries: readonly LogEntry[];
  readonly writes: readonly Write[];
  readonly sizeBytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

const endAfter = { fenced: 'lost', refused: 'restart-alone', unavailable: 'restart' } as const;
/** Beyond what one statement may take: a transaction of several that each answer in time is still too long. */
const commitSlackMs = 1_500;
/** For finding out what became of a commit whose connection broke. */
const outcomeDeadlineMs = 8_000;
const maxBatchChanges = 400;
/** A batch is closed when it has as much: its transaction is one message, and those behind it wait for it. */
const maxBatchBytes = 4 * 1024 * 1024;

/**
 * The one writer of an owned shard. While a transaction commits, all that is appended meanwhile forms the next one.
 * A failed or doubtful commit ends the writer: whoever waits is told whether it was written, or must ask again.
 */
export class ShardWriter implements OwnedShard {
  readonly id: number;
  readonly epoch: number;
  readonly context: Context;
  readonly #events: ShardWriterEvents;
  readonly #metrics: ShardLogMetrics;
  readonly #sql: Sql;
  /** What memories begin with, until they have begun. */
  #prepared: PreparedShard['memories'] | undefined;
  readonly #handedOver: ToldOfMemories;
  readonly #memories = new Map<ShardMemory<unknown>, unknown>();
  /** The last position handed out; runs ahead of the committed one. */
  #position: number;
  #committedPosition: number;
  readonly #patienceMs: number;
  #pending: PendingChange[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> | undefined;
  /** Of the change appended last. */
  #lastCommitted: Promise<void> = Promise.resolve();
  #ended = false;
  /** So many changes get a transaction of their own, to find the one that the database refuses. */
  #aloneCount: number;

  constructor(context: Context, held: HeldShard, metrics: ShardLogMetrics, events: ShardWriterEvents) {
    this.context = context;
    this.#metrics = metrics;
    this.#events = events;
    this.id = held.id;
    this.epoch = held.epoch;
    this.#position = held.position;
    this.#committedPosition = held.position;
    this.#aloneCount = held.aloneCount;
    this.#patienceMs = writerPatienceMs(context);
    this.#prepared = held.prepared?.memories;
    this.#handedOver = held.handedOver ?? {};
    this.#sql = held.prepared?.sql ?? openWriterConnection(context, held.id);
    // Connecting goes on while the first command reads what it decides on.
    if (!held.prepared) this.#sql`SELECT 1`.catch(() => {});
    for (const memory of this.#prepared?.keys() ?? []) this.remember(memory);
    // 12 MB of transactions of a busy shard, and rooms that may be forgotten, would stay for as long as it is held.
    this.#prepared = undefined;
  }

  /** Changes that wait for their transaction. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** False once it is being handed over or has failed: then it takes no change any more. */
  get isOpen(): boolean {
    return !this.#ended;
  }

  get nextPosition(): number {
    return this.#position + 1;
  }

  append(entryCount: number, build: (firstPosition: number) => Change): Promise<void> {
    if (this.#ended) throw new ShardUnavailableError(`shard ${this.id} is no longer held here`, 'not-written');
    const first = this.#position + 1;
    const change = build(first);
    if (change.entries.length !== entryCount) throw new Error('a change has another number of entries than announced');
    this.#position += entryCount;
    const entries = change.entries.map(
      (entry, index): LogEntry => ({ ...entry, shard: this.id, position: first + index }),
    );
    const writes = [...entries.flatMap(logEntryWrites), ...change.writes];
    const sizeBytes = writes.reduce((sum, write) => sum + rowSizeBytes(write.row), 0);
    this.#pendingBytes += sizeBytes;
    const committed = new Promise<void>((resolve, reject) => {
      this.#pending.push({ entries, writes, sizeBytes, resolve, reject });
    });
    // A command that fails after it appended leaves nobody to hear of the commit.
    committed.catch(() => {});
    this.#lastCommitted = committed;
    this.#flushing ??= this.#flush();
    return committed;
  }

  /**
   * Resolves when all that has been appended so far is durable: a decision that writes nothing may rest on memory that
   * is ahead of the commits, and must not be told before them. Rejects like `append`'s promise.
   */
  settled(): Promise<void> {
    return this.#lastCommitted;
  }

  remember<T>(memory: ShardMemory<T>): T {
    let held = this.#memories.get(memory) as T | undefined;
    if (held === undefined) {
      held = memory.create(this, this.#prepared?.get(memory), this.#handedOver[memory.name]);
      this.#memories.set(memory, held);
    }
    return held;
  }

  /** What the next owner should read while this one still writes. */
  announceMemories(): ToldOfMemories {
    return tellMemories(this.#memories, (memory, held) => memory.announce?.(held));
  }

  /** After `drain`: what the next owner could not read before. */
  handOverMemories(): ToldOfMemories {
    return tellMemories(this.#memories, (memory, held) => memory.handOver?.(held));
  }

  /** Refuses further changes and finishes those appended. For a planned hand-over; the connection is to be closed. */
  async drain(): Promise<void> {
    this.#ended = true;
    await this.#flushing;
  }

  /** After `drain`: ends the connection. */
  async close(): Promise<void> {
    await this.#sql.end({ timeout: 1 });
  }

  /** Ends a writer whose epoch is over: a commit under way fails at the fence, further changes are refused. */
  abandon(): void {
    this.#ended = true;
    for (const { reject } of this.#takeAllPending()) {
      reject(new ShardUnavailableError(`shard ${this.id} was taken over`, 'not-written'));
    }
    void (this.#flushing ?? Promise.resolve()).then(() => this.#sql.end({ timeout: 1 }));
  }

  async #flush(): Promise<void> {
    // Requests that were read from their sockets in the same turn of the event loop share the transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch();
      this.#aloneCount--;
      try {
        await this.#commit(batch);
      } catch (error) {
        await this.#fail(batch, error);
        return;
      }
      for (const { resolve } of batch) resolve();
    }
    this.#flushing = undefined;
  }

  /** What goes into the next transaction: at least one change, and no more than is good for those who wait behind. */
  #takeBatch(): PendingChange[] {
    const limit = this.#aloneCount > 0 ? 1 : maxBatchChanges;
    let sizeBytes = 0;
    let count = 0;
    for (const change of this.#pending) {
      if (count === limit || (count > 0 && sizeBytes + change.sizeBytes > maxBatchBytes)) break;
      sizeBytes += change.sizeBytes;
      count++;
    }
    this.#pendingBytes -= sizeBytes;
    return this.#pending.splice(0, count);
  }

  #takeAllPending(): PendingChange[] {
    this.#pendingBytes = 0;
    return this.#pending.splice(0);
  }

  async #commit(batch: readonly PendingChange[]): Promise<void> {
    const entries = batch.flatMap((pending) => pending.entries);
    const to = this.#committedPosition + entries.length;
    const startedMs = this.context.clock.monotonicMs();
    await this.#withDeadline(this.#sendTransaction(batch, to));
    this.#metrics.commitSeconds.observe({}, (this.context.clock.monotonicMs() - startedMs) / 1000);
    this.#metrics.batchChanges.observe({}, batch.length);
    this.#committedPosition = to;
    this.#tellCommitted(entries);
  }

  /** What is durable stays so, whatever those who are told of it make of it. */
  #tellCommitted(entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    try {
      this.#events.committed(this.id, entries);
    } catch (error) {
      this.context.log.error({ shard: this.id, err: error }, 'a reader of committed entries failed');
    }
  }

  /**
   * The whole transaction is one message of several statements, which PostgreSQL runs as one transaction: a single
   * round trip, nothing held open by a process that freezes, and no part of it that could run on another connection.
   */
  async #sendTransaction(batch: readonly PendingChange[], to: number): Promise<void> {
    const groups = new WriteGroups();
    for (const { writes } of batch) for (const write of writes) groups.add(write);
    const fence = `SELECT advance_shard(${this.id}::smallint, ${this.epoch}, ${this.#committedPosition}, ${to})`;
    await this.#sql.unsafe([fence, ...groups.statements()].join(';\n'));
  }

  async #withDeadline(work: Promise<void>): Promise<void> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      const timer = this.context.clock.startTimer(this.#patienceMs + commitSlackMs, () =>
        reject(new Error('no answer to a commit')),
      );
      cancel = () => timer.cancel();
    });
    work.catch(() => {});
    await Promise.race([work, late]).finally(cancel);
  }

  async #fail(batch: readonly PendingChange[], error: unknown): Promise<void> {
    this.#ended = true;
    const failure = classifyDatabaseError(error);
    this.#metrics.failedBatches.add({ failure });
    this.context.log.warn({ shard: this.id, failure, err: error }, 'a batch was not committed');
    await this.#sql.end({ timeout: 0 }).catch(() => {});
    const waiting = this.#takeAllPending();
    const how = failure === 'unknown' ? await this.#resolveUnknown(batch) : endAfter[failure];
    if (failure !== 'unknown') {
      const refusedAlone = failure === 'refused' && batch.length === 1;
      const reason = refusedAlone
        ? error
        : new ShardUnavailableError('the batch was not committed', 'not-written', error);
      for (const { reject } of batch) reject(reason);
    }
    for (const { reject } of waiting) {
      reject(new ShardUnavailableError('the batch before was not committed', 'not-written', error));
    }
    this.#events.ended(this, how);
  }

  /**
   * The connection broke with a commit under way. While the epoch is ours nobody else moved the position, so the
   * position tells. Raising the epoch in the same statement makes sure that the transaction cannot arrive later.
   */
  async #resolveUnknown(batch: readonly PendingChange[]): Promise<ShardEnd> {
    const entries = batch.flatMap((pending) => pending.entries);
    const until = this.context.clock.monotonicMs() + outcomeDeadlineMs;
    while (this.context.clock.monotonicMs() < until) {
      const position = await fenceEpoch(this.context, this, this.#patienceMs);
      if (position === 'unreachable') {
        await this.context.clock.sleep(100);
        continue;
      }
      if (position === 'lost') break;
      // Changes without entries do not move the position; they are asked for again.
      if (entries.length > 0 && position === this.#committedPosition + entries.length) {
        this.#committedPosition = position;
        this.#tellCommitted(entries);
        for (const { resolve } of batch) resolve();
      } else {
        rejectAll(batch, entries.length > 0 ? 'not-written' : 'unknown');
      }
      return 'restart';
    }
    rejectAll(batch, 'unknown');
    return 'lost';
  }
}

function tellMemories(
  memories: ReadonlyMap<ShardMemory<unknown>, unknown>,
  tell: (memory: ShardMemory<unknown>, held: unknown) => unknown,
): ToldOfMemories {
  return Object.fromEntries([...memories].map(([memory, held]) => [memory.name, tell(memory, held)]));
}

function rejectAll(batch: readonly PendingChange[], outcome: 'not-written' | 'unknown'): void {
  for (const { reject } of batch) reject(new ShardUnavailableError('the commit was interrupted', outcome));
}

const insertLogEntries: BatchStatement = {
  name: 'insert-log-entries',
  table: 'log_entry',
  columns: { shard: 'smallint', position: 'bigint', kind: 'smallint', body: 'text' },
  text: (rows) => `INSERT INTO log_entry (shard, position, kind, body) SELECT * FROM ${rows}`,
};

/** Room events are rows of a table of their own. */
function logEntryWrites(entry: LogEntry): Write[] {
  if (entry.kind === 'event') return [];
  const row = [entry.shard, entry.position, entryKindNumbers[entry.kind], JSON.stringify(entry.body)];
  return [{ statement: insertLogEntries, row }];
}

const numberBytes = 8;

function rowSizeBytes(row: readonly unknown[]): number {
  let sizeBytes = 0;
  for (const value of row) {
    if (typeof value === 'string') sizeBytes += value.length;
    else sizeBytes += value instanceof Uint8Array ? 2 * value.length : numberBytes;
  }
  return sizeBytes;
}
