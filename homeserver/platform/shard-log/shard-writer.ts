import type { Context } from '../context.ts';
import { classifyDatabaseError } from '../database/database-error.ts';
import { openDatabase, type Sql } from '../database/open-database.ts';
import { type BatchStatement, type Change, type Write, WriteGroups } from './batch.ts';
import type { OwnedShard, ShardMemory } from './command.ts';
import { entryKindNumbers, type LogEntry } from './log-entry.ts';
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

interface PendingChange {
  readonly entries: readonly LogEntry[];
  readonly change: Change;
  resolve(): void;
  reject(error: unknown): void;
}

const endAfter = { fenced: 'lost', refused: 'restart-alone', unavailable: 'restart' } as const;
const commitDeadlineMs = 8_000;
const maxBatchChanges = 400;

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
  readonly #memories = new Map<ShardMemory<unknown>, unknown>();
  /** The last position handed out; runs ahead of the committed one. */
  #position: number;
  #committedPosition: number;
  #pending: PendingChange[] = [];
  #flushing: Promise<void> | undefined;
  /** Of the change appended last. */
  #lastCommitted: Promise<void> = Promise.resolve();
  #ended = false;
  /** So many changes get a transaction of their own, to find the one that the database refuses. */
  #aloneCount: number;

  constructor(
    context: Context,
    held: { id: number; epoch: number; position: number; aloneCount: number },
    metrics: ShardLogMetrics,
    events: ShardWriterEvents,
  ) {
    this.context = context;
    this.#metrics = metrics;
    this.#events = events;
    this.id = held.id;
    this.epoch = held.epoch;
    this.#position = held.position;
    this.#committedPosition = held.position;
    this.#aloneCount = held.aloneCount;
    this.#sql = openDatabase({
      url: context.databaseUrl,
      poolSize: 1,
      applicationName: `holdfast shard ${held.id} epoch ${held.epoch}`,
      statementTimeoutMs: 5_000,
    });
    // Connecting goes on while the first command reads what it decides on.
    this.#sql`SELECT 1`.catch(() => {});
  }

  /** Changes that wait for their transaction. */
  get pendingCount(): number {
    return this.#pending.length;
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
    const committed = new Promise<void>((resolve, reject) => {
      this.#pending.push({ entries, change, resolve, reject });
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
      held = memory.create(this);
      this.#memories.set(memory, held);
    }
    return held;
  }

  /** Refuses further changes, finishes those appended, and leaves the connection. For a planned hand-over. */
  async drain(): Promise<void> {
    this.#ended = true;
    await this.#flushing;
    await this.#sql.end({ timeout: 1 });
  }

  /** Ends a writer whose epoch is over: a commit under way fails at the fence, further changes are refused. */
  abandon(): void {
    this.#ended = true;
    for (const { reject } of this.#pending.splice(0)) {
      reject(new ShardUnavailableError(`shard ${this.id} was taken over`, 'not-written'));
    }
    void (this.#flushing ?? Promise.resolve()).then(() => this.#sql.end({ timeout: 1 }));
  }

  async #flush(): Promise<void> {
    // Requests that were read from their sockets in the same turn of the event loop share the transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, this.#aloneCount > 0 ? 1 : maxBatchChanges);
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

  async #commit(batch: readonly PendingChange[]): Promise<void> {
    const entries = batch.flatMap((pending) => pending.entries);
    const to = this.#committedPosition + entries.length;
    const startedMs = this.context.clock.monotonicMs();
    await this.#withDeadline(this.#sendTransaction(batch, entries, to));
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
  async #sendTransaction(batch: readonly PendingChange[], entries: readonly LogEntry[], to: number): Promise<void> {
    const groups = new WriteGroups();
    for (const entry of entries) if (entry.kind !== 'event') groups.add(logEntryWrite(entry));
    for (const { change } of batch) for (const write of change.writes) groups.add(write);
    const fence = `SELECT advance_shard(${this.id}::smallint, ${this.epoch}, ${this.#committedPosition}, ${to})`;
    await this.#sql.unsafe([fence, ...groups.statements()].join(';\n'));
  }

  async #withDeadline(work: Promise<void>): Promise<void> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      const timer = this.context.clock.startTimer(commitDeadlineMs, () => reject(new Error('no answer to a commit')));
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
    const waiting = this.#pending.splice(0);
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
    const until = this.context.clock.monotonicMs() + commitDeadlineMs;
    while (this.context.clock.monotonicMs() < until) {
      const position = await this.#fenceOwnEpoch();
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

  async #fenceOwnEpoch(): Promise<number | 'lost' | 'unreachable'> {
    const sql = openDatabase({
      url: this.context.databaseUrl,
      poolSize: 1,
      applicationName: `holdfast shard ${this.id} outcome`,
      statementTimeoutMs: 3_000,
    });
    try {
      const rows = await sql<{ position: number }[]>`
        UPDATE shard SET epoch = epoch + 1 WHERE id = ${this.id} AND epoch = ${this.epoch} RETURNING position`;
      return rows[0]?.position ?? 'lost';
    } catch {
      return 'unreachable';
    } finally {
      await sql.end({ timeout: 0 }).catch(() => {});
    }
  }
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

function logEntryWrite(entry: LogEntry): Write {
  return {
    statement: insertLogEntries,
    row: [entry.shard, entry.position, entryKindNumbers[entry.kind], JSON.stringify(entry.body)],
  };
}
