import type { Context } from '../context.ts';
import { decideLeases, type ShardObservation } from './decide-leases.ts';
import type { LogHints } from './log-hints.ts';
import { type ShardEnd, ShardWriter, type ShardWriterEvents } from './shard-writer.ts';

interface ShardRow extends ShardObservation {
  readonly epoch: number;
  readonly position: number;
}

/** Who owns a shard, as last seen. */
export interface ShardOwner {
  readonly processId: string;
  readonly address: string;
}

const ticksPerLease = 5;
const changesAloneAfterRefusal = 500;

/**
 * Takes, renews and gives back this process's shards. The database's clock decides who holds what; taking a shard
 * raises its epoch, which fences whoever held it before.
 */
export class ShardLeases {
  readonly processId: string;
  readonly #context: Context;
  readonly #hints: LogHints;
  readonly #writerEvents: ShardWriterEvents;
  readonly #writers = new Map<number, ShardWriter>();
  readonly #owners = new Map<number, ShardOwner>();
  readonly #changeListeners = new Set<() => void>();
  #freeBefore = new Set<number>();
  #timer: { cancel(): void } | undefined;
  #ticking: Promise<void> | undefined;
  #closed = false;
  #address = '';

  constructor(context: Context, hints: LogHints, committed: ShardWriterEvents['committed']) {
    this.#context = context;
    this.#hints = hints;
    this.processId = context.random.uuid();
    this.#writerEvents = { committed, ended: (shard, how) => this.#end(shard, how) };
  }

  async start(address: string): Promise<void> {
    this.#address = address;
    await this.#context.database`
      INSERT INTO process (id, address) VALUES (${this.processId}, ${address})`;
    await this.tick();
    this.#schedule();
  }

  /** The writer of a shard, when this process owns it. */
  writer(shard: number): ShardWriter | undefined {
    return this.#writers.get(shard);
  }

  /** The process that holds a shard as far as we know, this one excluded. */
  otherOwner(shard: number): ShardOwner | undefined {
    return this.#owners.get(shard);
  }

  ownedShards(): number[] {
    return [...this.#writers.keys()];
  }

  /** Resolves when ownership may have changed, or after `timeoutMs`. */
  waitForChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#changeListeners.delete(finish);
        timer.cancel();
        resolve();
      };
      const timer = this.#context.clock.startTimer(timeoutMs, finish);
      this.#changeListeners.add(finish);
    });
  }

  /** Looks at all leases now; calls while one look is under way share it. */
  tick(): Promise<void> {
    this.#ticking ??= this.#observeAndAct()
      .catch((error: unknown) => this.#context.log.warn({ err: error }, 'the shard leases could not be renewed'))
      .finally(() => {
        this.#ticking = undefined;
      });
    return this.#ticking;
  }

  /** Hands everything over: finishes what was appended, frees the leases, tells the others. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#ticking;
    await Promise.allSettled(this.ownedShards().map((shard) => this.#release(shard)));
    await this.#context.database`DELETE FROM process WHERE id = ${this.processId}`.catch(() => {});
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = this.#context.clock.startTimer(this.#context.config.process.leaseMs / ticksPerLease, () => {
      this.tick().finally(() => this.#schedule());
    });
  }

  async #observeAndAct(): Promise<void> {
    const { shards, processes } = await this.#observe();
    this.#hints.hasListeners = processes.length > 1;
    for (const shard of shards) this.#noteOwner(shard, processes);
    const decision = decideLeases({
      self: this.processId,
      shards,
      liveProcesses: processes.map((process) => process.id),
      freeBefore: this.#freeBefore,
    });
    this.#freeBefore = new Set(shards.filter((shard) => !shard.held).map((shard) => shard.id));
    if (this.#closed) return;
    for (const shard of decision.acquire) await this.#acquire(shard);
    for (const shard of decision.release) await this.#release(shard);
    this.#tellChange();
  }

  async #observe(): Promise<{ shards: ShardRow[]; processes: { id: string; address: string }[] }> {
    const sql = this.#context.database;
    const leaseSeconds = this.#context.config.process.leaseMs / 1000;
    const [, , shards, processes] = await Promise.all([
      sql`INSERT INTO process (id, address) VALUES (${this.processId}, ${this.#address})
        ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()`,
      sql`UPDATE shard SET lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
        WHERE owner = ${this.processId}`,
      sql<ShardRow[]>`SELECT id, epoch, owner, position, lease_until > clock_timestamp() AS held
        FROM shard ORDER BY id`,
      sql<{ id: string; address: string }[]>`SELECT id, address FROM process
        WHERE seen_at > clock_timestamp() - make_interval(secs => ${leaseSeconds * 2}) ORDER BY id`,
    ]);
    return { shards: [...shards], processes: [...processes] };
  }

  #noteOwner(shard: ShardRow, processes: readonly { id: string; address: string }[]): void {
    const writer = this.#writers.get(shard.id);
    if (writer && (shard.owner !== this.processId || shard.epoch > writer.epoch)) {
      this.#writers.delete(shard.id);
      writer.abandon();
    }
    const process = shard.held ? processes.find((candidate) => candidate.id === shard.owner) : undefined;
    if (process && process.id !== this.processId) {
      this.#owners.set(shard.id, { processId: process.id, address: process.address });
    } else {
      this.#owners.delete(shard.id);
    }
    // Owned by us according to the database, but without a writer: a restart that did not go through.
    if (shard.owner === this.processId && !this.#writers.has(shard.id) && !this.#closed) {
      void this.#reopen(shard.id, 0);
    }
  }

  async #acquire(shard: number): Promise<void> {
    const leaseSeconds = this.#context.config.process.leaseMs / 1000;
    const rows = await this.#context.database<{ epoch: number; position: number }[]>`
      UPDATE shard SET owner = ${this.processId}, epoch = epoch + 1,
        lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
      WHERE id = ${shard} AND lease_until <= clock_timestamp() RETURNING epoch, position`;
    const row = rows[0];
    if (row) this.#open(shard, row, 0);
  }

  async #reopen(shard: number, aloneCount: number): Promise<void> {
    const rows = await this.#context.database<{ epoch: number; position: number }[]>`
      UPDATE shard SET epoch = epoch + 1 WHERE id = ${shard} AND owner = ${this.processId}
      RETURNING epoch, position`;
    const row = rows[0];
    if (row && !this.#writers.has(shard)) this.#open(shard, row, aloneCount);
    this.#tellChange();
  }

  #open(id: number, row: { epoch: number; position: number }, aloneCount: number): void {
    this.#context.log.info({ shard: id, epoch: row.epoch, position: row.position }, 'shard taken');
    this.#owners.delete(id);
    this.#writers.set(id, new ShardWriter(this.#context, { id, ...row, aloneCount }, this.#writerEvents));
  }

  async #release(shard: number): Promise<void> {
    const writer = this.#writers.get(shard);
    if (!writer) return;
    this.#writers.delete(shard);
    await writer.drain();
    await this.#context.database`
      UPDATE shard SET lease_until = '-infinity' WHERE id = ${shard} AND owner = ${this.processId}
      AND epoch = ${writer.epoch}`;
    this.#hints.announceFreed();
  }

  #end(shard: number, how: ShardEnd): void {
    this.#writers.delete(shard);
    this.#tellChange();
    if (this.#closed) return;
    if (how === 'lost') void this.tick();
    else {
      this.#reopen(shard, how === 'restart-alone' ? changesAloneAfterRefusal : 0).catch((error: unknown) =>
        this.#context.log.warn({ shard, err: error }, 'a shard could not be opened again; the next look tries again'),
      );
    }
  }

  #tellChange(): void {
    for (const listener of [...this.#changeListeners]) listener();
  }
}
