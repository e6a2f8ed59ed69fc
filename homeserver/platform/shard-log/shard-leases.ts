import type { Context } from '../context.ts';
import { decideLeases, type ShardObservation } from './decide-leases.ts';
import { LeaseConnection, type LeasesSeen, type ShardRow, type TakenShard } from './lease-connection.ts';
import type { LogHints } from './log-hints.ts';
import type { ShardLogMetrics } from './shard-log-metrics.ts';
import type { ShardOwners } from './shard-owners.ts';
import { type ShardEnd, ShardWriter, type ShardWriterEvents } from './shard-writer.ts';

export interface ShardLeasesOptions {
  readonly processId: string;
  readonly hints: LogHints;
  readonly owners: ShardOwners;
  readonly metrics: ShardLogMetrics;
  readonly committed: ShardWriterEvents['committed'];
}

const ticksPerLease = 5;
const changesAloneAfterRefusal = 500;
/** A clock that is further off than this is reported. */
const clockOffsetLimitMs = 5_000;

/**
 * Takes, renews and gives back this process's shards. The database's clock decides who holds what; taking a shard
 * raises its epoch, which fences whoever held it before.
 */
export class ShardLeases {
  readonly #context: Context;
  readonly #options: ShardLeasesOptions;
  readonly #connection: LeaseConnection;
  readonly #writers = new Map<number, ShardWriter>();
  /** Shards that are being handed over or opened again: they are left alone meanwhile. */
  readonly #moving = new Map<number, Promise<void>>();
  readonly #freeSinceMs = new Map<number, number>();
  #timer: { cancel(): void } | undefined;
  #looking: Promise<void> | undefined;
  /** What is to be done next, once the look under way is over. */
  #asked: 'look' | 'renew' | undefined;
  #started = false;
  #closed = false;
  #address = '';
  #renewedAtMs = 0;
  #clockIsWrong = false;

  constructor(context: Context, options: ShardLeasesOptions) {
    this.#context = context;
    this.#options = options;
    this.#connection = new LeaseConnection(context, options.processId);
  }

  /** Begins to take part. Throws when the database cannot be reached. */
  async start(address: string): Promise<void> {
    this.#address = address;
    await this.#connection.forgetDeadProcesses();
    await this.#lookAndAct(true);
    this.#started = true;
    // The others look as well: they share with this process, and tell it of what they write.
    this.#options.hints.announceOwners();
    this.#schedule();
  }

  /** The writer of a shard, when this process owns it and it takes changes. */
  writer(shard: number): ShardWriter | undefined {
    const writer = this.#writers.get(shard);
    return writer?.isOpen ? writer : undefined;
  }

  ownedShards(): number[] {
    return [...this.#writers.keys()];
  }

  changesPending(): number {
    return [...this.#writers.values()].reduce((sum, writer) => sum + writer.pendingCount, 0);
  }

  /** Since the leases were renewed, in milliseconds. */
  ageMs(): number {
    return this.#context.clock.monotonicMs() - this.#renewedAtMs;
  }

  /** Looks at all leases. A call during a look asks for one more after it, since that one may have seen too little. */
  look(): Promise<void> {
    return this.#ask('look');
  }

  /** Hands everything over: finishes what was appended, frees the leases, tells the others. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
    await Promise.all(this.#moving.values());
    const writers = [...this.#writers.values()];
    this.#writers.clear();
    await Promise.all(writers.map((writer) => writer.drain()));
    try {
      await this.#connection.leave();
      this.#options.hints.announceOwners();
    } catch (error) {
      this.#context.log.warn({ err: error }, 'the shards could not be freed; others take them when the leases end');
    }
    await this.#connection.close();
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = this.#context.clock.startTimer(this.#context.config.process.leaseMs / ticksPerLease, () => {
      void this.#ask('renew').finally(() => this.#schedule());
    });
  }

  #ask(what: 'look' | 'renew'): Promise<void> {
    if (!this.#started || this.#closed) return Promise.resolve();
    if (this.#asked !== 'renew') this.#asked = what;
    this.#looking ??= this.#lookUntilQuiet().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUntilQuiet(): Promise<void> {
    while (this.#asked && !this.#closed) {
      const renews = this.#asked === 'renew';
      this.#asked = undefined;
      try {
        await this.#lookAndAct(renews);
      } catch (error) {
        this.#asked = undefined;
        this.#context.log.warn({ err: error }, 'the shard leases could not be renewed');
      }
    }
  }

  async #lookAndAct(renews: boolean): Promise<void> {
    const startedMs = this.#context.clock.monotonicMs();
    const seen = await (renews ? this.#connection.renewAndLook(this.#address) : this.#connection.look());
    if (renews) this.#renewedAtMs = startedMs;
    this.#noteClock(seen.databaseMs);
    this.#options.hints.hasListeners = seen.processes.length > 1;
    if (this.#closed) return;
    for (const shard of seen.shards) this.#noteShard(shard, seen);
    const { acquire, release } = decideLeases({
      self: this.#options.processId,
      shards: seen.shards.map((shard) => this.#asHeld(shard)),
      liveProcesses: seen.processes.filter((process) => process.live).map((process) => process.id),
      freeForLong: this.#noteFree(seen.shards),
    });
    await Promise.all(acquire.map((shard) => this.#acquire(shard)));
    for (const shard of release) this.#move(shard, () => this.#release(shard));
  }

  /** What is being handed over counts as somebody else's already. */
  #asHeld(shard: ShardRow): ShardObservation {
    return this.#moving.has(shard.id) && !this.#writers.has(shard.id) ? { ...shard, owner: null, held: true } : shard;
  }

  #noteShard(shard: ShardRow, { processes }: LeasesSeen): void {
    const { processId, owners } = this.#options;
    const isOurs = shard.owner === processId;
    const writer = this.#writers.get(shard.id);
    // A writer that has ended itself may have raised the epoch to learn the outcome of its last commit: let it.
    if (writer && (!isOurs || (shard.epoch > writer.epoch && writer.isOpen))) {
      this.#writers.delete(shard.id);
      writer.abandon();
    }
    const owner = shard.held && !isOurs ? processes.find((candidate) => candidate.id === shard.owner) : undefined;
    owners.note(shard.id, owner && { processId: owner.id, address: owner.address });
    // Ours according to the database, but without a writer: an opening that did not go through.
    if (isOurs && shard.held && !this.#writers.has(shard.id)) this.#move(shard.id, () => this.#reopen(shard.id, 0));
  }

  /** Which shards have been free since longer than processes need to see it. */
  #noteFree(shards: readonly ShardRow[]): Set<number> {
    const nowMs = this.#context.clock.monotonicMs();
    const longMs = (this.#context.config.process.leaseMs / ticksPerLease) * 0.8;
    const freeForLong = new Set<number>();
    for (const { id, held } of shards) {
      const sinceMs = this.#freeSinceMs.get(id);
      if (held) this.#freeSinceMs.delete(id);
      else if (sinceMs === undefined) this.#freeSinceMs.set(id, nowMs);
      else if (nowMs - sinceMs >= longMs) freeForLong.add(id);
    }
    return freeForLong;
  }

  #noteClock(databaseMs: number): void {
    if (!Number.isFinite(databaseMs)) return;
    const offsetMs = this.#context.clock.wallMs() - databaseMs;
    this.#options.metrics.clockOffset.set({}, offsetMs / 1000);
    const isWrong = Math.abs(offsetMs) > clockOffsetLimitMs;
    if (isWrong === this.#clockIsWrong) return;
    this.#clockIsWrong = isWrong;
    const seconds = Math.round(offsetMs / 1000);
    if (isWrong) this.#context.log.error({ seconds }, "this machine's clock is not the database's");
    else this.#context.log.info({ seconds }, "this machine's clock is the database's again");
  }

  async #acquire(shard: number): Promise<void> {
    const taken = await this.#connection.take(shard);
    if (taken) this.#open(shard, taken, 0);
  }

  async #reopen(shard: number, aloneCount: number): Promise<void> {
    const taken = await this.#connection.takeAgain(shard);
    if (taken) this.#open(shard, taken, aloneCount);
    else void this.look();
  }

  #open(id: number, taken: TakenShard, aloneCount: number): void {
    const { metrics, committed, owners, hints } = this.#options;
    this.#context.log.info({ shard: id, ...taken }, 'shard taken');
    this.#writers.get(id)?.abandon();
    const held = { id, ...taken, aloneCount };
    this.#writers.set(
      id,
      new ShardWriter(this.#context, held, metrics, {
        committed,
        ended: (writer, how) => this.#end(writer, how),
      }),
    );
    owners.note(id, undefined);
    owners.tellChange(id);
    hints.announceOwners();
  }

  async #release(shard: number): Promise<void> {
    const writer = this.#writers.get(shard);
    if (!writer) return;
    this.#writers.delete(shard);
    await writer.drain();
    await this.#connection.free(shard);
    this.#context.log.info({ shard }, 'shard handed over');
    this.#options.hints.announceOwners();
  }

  #end(writer: ShardWriter, how: ShardEnd): void {
    const shard = writer.id;
    // Another writer may have its place already.
    if (this.#writers.get(shard) !== writer) return;
    this.#writers.delete(shard);
    if (this.#closed) return;
    if (how === 'lost') void this.look();
    else this.#move(shard, () => this.#reopen(shard, how === 'restart-alone' ? changesAloneAfterRefusal : 0));
  }

  /** Runs one change of hands of a shard at a time. A failed one is made good by the next look. */
  #move(shard: number, work: () => Promise<void>): void {
    if (this.#moving.has(shard) || this.#closed) return;
    const moving = work()
      .catch((error: unknown) => this.#context.log.warn({ shard, err: error }, 'a shard could not change hands'))
      .finally(() => this.#moving.delete(shard));
    this.#moving.set(shard, moving);
  }
}
