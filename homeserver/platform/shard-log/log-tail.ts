import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { CounterMetric } from '@holdfast/effects/metrics.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Sql } from '../database/open-database.ts';
import type { PlatformContext } from '../platform-context.ts';
import { entryKindOf, type LogEntry } from './log-entry.ts';
import { LogWindow } from './log-window.ts';

/** Reads a shard's room events with positions in (after, upTo], in order: rows that storage keeps elsewhere. */
export type ReadEventEntries = (shard: number, after: number, upTo: number) => Promise<LogEntry[]>;

export type TailListener = (shard: number, entries: readonly LogEntry[]) => void;

/** Without hints everything still arrives within a second, the time for asking and reading included. */
const pollMs = 700;
/** Of one query. */
const pollDeadlineMs = 10_000;
/** A process that is further behind than this starts again at the present; its readers go to the tables. */
const maxCatchUpEntries = 20_000;
const pageEntries = 1_000;

/**
 * Follows the logs of all shards and keeps their newest entries in memory for every reader of this process. What this
 * process commits itself arrives directly; everything else is read from PostgreSQL, on a hint or at the latest within
 * a second.
 */
export class LogTail {
  readonly #context: PlatformContext;
  readonly #readEventEntries: ReadEventEntries;
  readonly #windows = new Map<number, LogWindow>();
  readonly #listeners = new Set<TailListener>();
  readonly #reading = new Map<number, Promise<void>>();
  /** The highest position that anybody asked to catch up with, per shard that is being read. */
  readonly #wanted = new Map<number, number>();
  #polling: { cancel(): void } | undefined;
  #closed = false;
  readonly #holes: CounterMetric<[]>;
  #freshAtMs = 0;

  constructor(context: PlatformContext, readEventEntries: ReadEventEntries) {
    this.#context = context;
    this.#readEventEntries = readEventEntries;
    this.#holes = context.metrics.counter({
      name: 'holdfast_log_holes_total',
      help: 'How often a position of the log had no entry: something acknowledged may be gone.',
    });
  }

  async start(): Promise<void> {
    this.#openWindows(await this.#readPositions());
    this.#freshAtMs = this.#context.clock.monotonicMs();
    this.#schedulePoll();
  }

  close(): void {
    this.#closed = true;
    this.#polling?.cancel();
  }

  /** Position per shard, indexed by shard id: what a sync token holds. */
  positions(): number[] {
    return [...this.#windows.keys()].sort((a, b) => a - b).map((shard) => this.position(shard));
  }

  position(shard: number): number {
    return this.#windows.get(shard)?.position ?? 0;
  }

  /** The entries after `position`, or undefined when they are no longer in memory and the tables must answer. */
  entriesAfter(shard: number, position: number): readonly LogEntry[] | undefined {
    return this.#windows.get(shard)?.after(position);
  }

  /** The entries at positions in (after, upTo], in order, from the tables: for a reader that is further behind than memory. */
  async read(shard: number, after: number, upTo: number): Promise<LogEntry[]> {
    const [events, others] = await this.#withDeadline(
      Promise.all([
        this.#readEventEntries(shard, after, upTo),
        readOtherEntries(this.#context.database, shard, after, upTo),
      ]),
    );
    return [...events, ...others].sort((a, b) => a.position - b.position);
  }

  /** How long ago this process last knew that it had everything, in ms: its readers' age. */
  ageMs(): number {
    return this.#context.clock.monotonicMs() - this.#freshAtMs;
  }

  sizeBytes(): number {
    return [...this.#windows.values()].reduce((sum, window) => sum + window.sizeBytes, 0);
  }

  /** Calls `listener` after each group of new entries. Returns how to stop. */
  subscribe(listener: TailListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Entries that this process committed. */
  applyCommitted(shard: number, entries: readonly LogEntry[]): void {
    const window = this.#windows.get(shard);
    const first = entries[0];
    if (!window || !first) return;
    if (first.position > window.position + 1) this.catchUp(shard, entries.at(-1)?.position ?? 0);
    else this.#apply(shard, window, entries);
  }

  /** Reads what is missing up to `upTo`; calls for the same shard share one reading, which goes on to the highest. */
  catchUp(shard: number, upTo: number): void {
    const window = this.#windows.get(shard);
    if (!window || this.#closed || window.position >= upTo) return;
    this.#wanted.set(shard, Math.max(upTo, this.#wanted.get(shard) ?? 0));
    if (this.#reading.has(shard)) return;
    const reading = this.#readWanted(shard, window)
      .catch((error: unknown) => this.#context.log.warn({ shard, err: error }, 'the log could not be read'))
      .finally(() => {
        this.#reading.delete(shard);
        this.#wanted.delete(shard);
      });
    this.#reading.set(shard, reading);
  }

  async #readWanted(shard: number, window: LogWindow): Promise<void> {
    for (;;) {
      const upTo = this.#wanted.get(shard) ?? 0;
      if (this.#closed || window.position >= upTo) return;
      await this.#read(shard, window, upTo);
    }
  }

  async #read(shard: number, window: LogWindow, upTo: number): Promise<void> {
    if (upTo - window.position > maxCatchUpEntries) {
      window.jumpTo(upTo);
      this.#tell(shard, []);
    }
    while (!this.#closed && window.position < upTo) {
      const pageEnd = Math.min(upTo, window.position + pageEntries);
      const entries = await this.read(shard, window.position, pageEnd);
      try {
        this.#apply(shard, window, entries);
        if (window.position < pageEnd) throw new Error(`shard ${shard}: no entry at position ${window.position + 1}`);
      } catch (error) {
        this.#holes.add({});
        throw error;
      }
    }
  }

  #apply(shard: number, window: LogWindow, entries: readonly LogEntry[]): void {
    const fresh = window.add(entries);
    if (fresh.length > 0) this.#tell(shard, fresh);
  }

  #tell(shard: number, entries: readonly LogEntry[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(shard, entries);
      } catch (error) {
        this.#context.log.error({ err: error }, 'a reader of the log failed');
      }
    }
  }

  /** Shards may be added while this process runs, by one with another configuration: those begin at their start. */
  #openWindows(rows: readonly { id: number; position: number }[]): void {
    const limitBytes = this.#context.config.limits.recentEntryBytes / Math.max(1, rows.length);
    const atStart = this.#windows.size === 0;
    for (const { id, position } of rows) {
      if (!this.#windows.has(id)) this.#windows.set(id, new LogWindow(atStart ? position : 0, limitBytes));
    }
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#polling = this.#context.clock.startTimer(pollMs, () => {
      void this.#poll().finally(() => this.#schedulePoll());
    });
  }

  async #poll(): Promise<void> {
    try {
      const rows = await this.#withDeadline(this.#readPositions());
      this.#openWindows(rows);
      const behind = rows.filter((row) => row.position > this.position(row.id));
      for (const row of behind) this.catchUp(row.id, row.position);
      await Promise.all(behind.flatMap((row) => this.#reading.get(row.id) ?? []));
      if (rows.every((row) => this.position(row.id) >= row.position)) {
        this.#freshAtMs = this.#context.clock.monotonicMs();
      }
    } catch (error) {
      this.#context.log.warn({ err: error }, 'the log positions could not be read');
    }
  }

  /** A reading that does not end must not be the last one. */
  #withDeadline<T>(work: Promise<T>): Promise<T> {
    const { clock } = this.#context;
    return withDeadline(work, pollDeadlineMs, 'reading the log', { clock });
  }

  async #readPositions(): Promise<{ id: number; position: number }[]> {
    return await this.#context.database<{ id: number; position: number }[]>`
      SELECT id, position FROM shard ORDER BY id`;
  }
}

async function readOtherEntries(sql: Sql, shard: number, after: number, upTo: number): Promise<LogEntry[]> {
  const rows = await sql<{ position: number; kind: number; body: string }[]>`
    SELECT position, kind, body FROM log_entry
    WHERE shard = ${shard} AND position > ${after} AND position <= ${upTo} ORDER BY position`;
  return rows.flatMap((row) => {
    const kind = entryKindOf(row.kind);
    // A newer version's kind still takes its position; no reader of this version acts on it.
    const body = JSON.parse(row.body) as JsonObject;
    return [{ shard, position: row.position, kind: kind ?? 'profile', body } as unknown as LogEntry];
  });
}
