import { withDeadline } from '@holdfast/effects/deadline.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { CheckedClock } from '../checked-clock.ts';
import type { Context } from '../context.ts';
import { ClockWatch } from './clock-watch.ts';
import { decideLeases, type Gift, type ShardObservation, shareOut } from './decide-leases.ts';
import { LeaseConnection, type LeasesSeen, type ShardRow, type TakenShard } from './lease-connection.ts';
import type { LogHints } from './log-hints.ts';
import { type Preparation, PreparedShards, type ToldOfMemories } from './prepared-shards.ts';
import { ShardUnavailableError } from './shard-error.ts';
import { type PrepareShardMessage, type ReceiveShardMessage, ShardHandOver } from './shard-hand-over.ts';
import type { ShardLogMetrics } from './shard-log-metrics.ts';
import type { ShardOwner, ShardOwners } from './shard-owners.ts';
import { type ShardEnd, ShardWriter, type ShardWriterEvents } from './shard-writer.ts';

export interface ShardLeasesOptions {
  readonly processId: string;
  /** Of what the processes tell each other. */
  readonly secret: string;
  readonly clock: CheckedClock;
  readonly hints: LogHints;
  readonly owners: ShardOwners;
  readonly metrics: ShardLogMetrics;
  readonly preparation: Preparation;
  readonly committed: ShardWriterEvents['committed'];
}

const ticksPerLease = 5;
const changesAloneAfterRefusal = 500;
/** One after another, since all at once would make each of them take as long as all; more at once when there are many. */
const handOversInTurn = 32;
/** The owner before waits this long for the first commit of the next one, before it hands over another shard. */
const firstCommitMs = 500;

/**
 * Takes, renews and gives back this process's shards. The database's clock decides who holds what; taking a shard
 * raises its epoch, which fences whoever held it before.
 */
export class ShardLeases {
  readonly #context: Context;
  readonly #options: ShardLeasesOptions;
  readonly #connection: LeaseConnection;
  readonly #clockWatch: ClockWatch;
  readonly #prepared: PreparedShards;
  readonly #writers = new Map<number, ShardWriter>();
  readonly #handOver: ShardHandOver;
  /** Shards that are being handed over or opened again: they are left alone meanwhile. */
  readonly #moving = new Map<number, Promise<void>>();
  readonly #freeSinceMs = new Map<number, number>();
  #timer: { cancel(): void } | undefined;
  #looking: Promise<void> | undefined;
  /** What is to be done next, once the look under way is over. */
  #asked: 'look' | 'renew' | undefined;
  #state: 'new' | 'taking part' | 'leaving' | 'closed' = 'new';
  #address = '';
  #renewedAtMs = 0;

  constructor(context: Context, options: ShardLeasesOptions) {
    this.#context = context;
    this.#options = options;
    this.#connection = new LeaseConnection(context, options.processId);
    this.#clockWatch = new ClockWatch(options.clock, context.log, options.metrics);
    this.#prepared = new PreparedShards(context, options.preparation);
    const { processId, secret, hints, owners } = options;
    const [connection, writers] = [this.#connection, this.#writers];
    this.#handOver = new ShardHandOver(context, { processId, secret, connection, hints, owners, writers });
  }

  /** Begins to take part. Throws when the database cannot be reached. */
  async start(address: string): Promise<void> {
    this.#address = address;
    await this.#connection.forgetDeadProcesses();
    await this.#lookAndAct(true);
    this.#state = 'taking part';
    // The others look as well: they share with this process, and tell it of what they write.
    this.#options.hints.announceOwners();
    this.#schedule();
  }

  /** The writer of a shard, when this process owns it and it takes changes. */
  writer(shard: number): ShardWriter | undefined {
    const writer = this.#writers.get(shard);
    return writer?.isOpen ? writer : undefined;
  }

  /** Whether the shard is about to be handed to this process. */
  isExpecting(shard: number): boolean {
    return this.#prepared.has(shard);
  }

  ownedShards(): number[] {
    return [...this.#writers.keys()];
  }

  changesPending(): number {
    return [...this.#writers.values()].reduce((sum, writer) => sum + writer.pendingCount, 0);
  }

  changeBytesPending(): number {
    return [...this.#writers.values()].reduce((sum, writer) => sum + writer.pendingBytes, 0);
  }

  /** Since the leases were renewed, in milliseconds. */
  ageMs(): number {
    return this.#context.clock.monotonicMs() - this.#renewedAtMs;
  }

  /** Looks at all leases. A call during a look asks for one more after it, since that one may have seen too little. */
  look(): Promise<void> {
    return this.#ask('look');
  }

  /** Makes ready to own a shard that its owner is about to hand over to this process. Throws when it cannot. */
  async prepareShard(shard: number, { memories }: PrepareShardMessage): Promise<void> {
    if (this.#state !== 'taking part' || !this.#clockWatch.isRight)
      throw new ShardUnavailableError('this process takes no shards', 'not-written');
    await this.#prepared.prepare(shard, memories);
  }

  /** Begins to write a shard that its owner has just handed over to this process. Resolves when it does. */
  async receiveShard(shard: number, { memories, ...taken }: ReceiveShardMessage): Promise<void> {
    const held = this.#writers.get(shard);
    // A look may have been faster.
    if (this.#state !== 'taking part' || this.#moving.has(shard) || (held && held.epoch >= taken.epoch)) return;
    this.#open(shard, taken, 0, memories);
    const { clock } = this.#context;
    const committed = this.#writers.get(shard)?.append(0, () => ({ entries: [], writes: [] }));
    if (committed) await withDeadline(committed, firstCommitMs, 'a first commit', { clock }).catch(() => {});
  }

  /**
   * Hands a shard of this process to another one because an operator asks for it: to `to`, or to whoever has the fewest.
   * Throws M_NOT_FOUND where no such process takes shards.
   */
  async giveAway(shard: number, to: string | undefined): Promise<void> {
    const seen = await this.#connection.look();
    const others = this.#takers(seen).filter((id) => id !== this.#options.processId && (to === undefined || id === to));
    const [gift] = shareOut(
      seen.shards.filter(({ id }) => id === shard),
      seen.shards,
      others,
    );
    if (!gift) throw new MatrixError('M_NOT_FOUND', 'There is no other process that takes this shard');
    await this.#moveTo(gift, seen);
  }

  /** Notes who got a shard, as its owner before tells it. */
  noteHandOver(shard: number, owner: ShardOwner, epoch: number): void {
    if (owner.processId !== this.#options.processId) this.#options.owners.note(shard, epoch, owner);
  }

  /** Hands everything over: finishes what was appended, frees the leases, tells the others. */
  async close(): Promise<void> {
    this.#state = 'leaving';
    await this.#looking;
    await Promise.all(this.#moving.values());
    try {
      await this.#handOverAll();
    } catch (error) {
      this.#context.log.warn({ err: error }, 'the shards could not be handed over');
    }
    this.#state = 'closed';
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
    this.#prepared.close();
    await Promise.all([this.#connection.close(), ...writers.map((writer) => writer.close())]);
  }

  /** To the others, one after another; the leases are renewed meanwhile. */
  async #handOverAll(): Promise<void> {
    const seen = await this.#renew();
    const gifts = this.#handOver.shareOutAll(seen);
    const handOverNext = async (): Promise<void> => {
      for (let gift = gifts.shift(); gift; gift = gifts.shift()) await this.#moveTo(gift, seen);
    };
    const atOnce = Math.ceil(gifts.length / handOversInTurn);
    await Promise.all(Array.from({ length: atOnce }, handOverNext));
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#context.clock.startTimer(this.#context.config.process.leaseMs / ticksPerLease, () => {
      void this.#ask('renew').finally(() => this.#schedule());
    });
  }

  #ask(what: 'look' | 'renew'): Promise<void> {
    if (this.#state === 'new' || this.#isClosed) return Promise.resolve();
    if (this.#asked !== 'renew') this.#asked = what;
    this.#looking ??= this.#lookUntilQuiet().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUntilQuiet(): Promise<void> {
    while (this.#asked && !this.#isClosed) {
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

  async #renew(): Promise<LeasesSeen> {
    const startedMs = this.#context.clock.monotonicMs();
    const seen = await this.#connection.renewAndLook({
      address: this.#address,
      takesShards: this.#state !== 'leaving' && this.#clockWatch.isRight,
      clockOffsetMs: this.#clockWatch.offsetMs,
    });
    this.#renewedAtMs = startedMs;
    return seen;
  }

  async #lookAndAct(renews: boolean): Promise<void> {
    const askedAtMs = this.#clockWatch.askedAtMs();
    const seen = await (renews ? this.#renew() : this.#connection.look());
    const wasRight = this.#clockWatch.isRight;
    this.#clockWatch.note(seen, this.#options.processId, askedAtMs);
    // The others are told at once whether this process takes shards.
    if (wasRight !== this.#clockWatch.isRight) this.#asked = 'renew';
    this.#options.hints.hasListeners = seen.processes.length > 1;
    if (this.#isClosed) return;
    for (const shard of seen.shards) this.#noteShard(shard, seen);
    if (this.#state === 'leaving') return;
    const { acquire, give } = decideLeases({
      self: this.#options.processId,
      shards: seen.shards.map((shard) => this.#asHeld(shard)),
      takers: this.#takers(seen),
      freeForLong: this.#noteFree(seen.shards),
    });
    await Promise.all(acquire.map((shard) => this.#acquire(shard)));
    for (const gift of give) void this.#moveTo(gift, seen);
  }

  /** With every clock wrong nobody is better than the others, and all go on. */
  #takers({ processes }: LeasesSeen): string[] {
    const { processId } = this.#options;
    const takers = processes.filter(({ id, live, takesShards, rests }) =>
      id === processId ? this.#clockWatch.isRight && !rests : live && takesShards,
    );
    return takers.map(({ id }) => id);
  }

  /** What is being handed over counts as somebody else's already. */
  #asHeld(shard: ShardRow): ShardObservation {
    return this.#moving.has(shard.id) && !this.#writers.has(shard.id) ? { ...shard, owner: null, held: true } : shard;
  }

  #noteShard(shard: ShardRow, { processes }: LeasesSeen): void {
    const { processId, owners } = this.#options;
    const isOurs = shard.owner === processId;
    const writer = this.#writers.get(shard.id);
    // Seen before the shard was handed to this process.
    if (writer && shard.epoch < writer.epoch) return;
    // A writer that has ended itself may have raised the epoch to learn the outcome of its last commit: let it.
    if (writer && (!isOurs || (shard.epoch > writer.epoch && writer.isOpen))) {
      this.#writers.delete(shard.id);
      writer.abandon();
    }
    const owner = shard.held && !isOurs ? processes.find((candidate) => candidate.id === shard.owner) : undefined;
    owners.note(shard.id, shard.epoch, owner && { processId: owner.id, address: owner.address });
    // Ours according to the database, but without a writer: an opening that did not go through.
    if (isOurs && shard.held && !this.#writers.has(shard.id))
      void this.#move(shard.id, () => this.#reopen(shard.id, 0));
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

  async #acquire(shard: number): Promise<void> {
    const taken = await this.#connection.take(shard);
    if (taken) this.#open(shard, taken, 0);
  }

  async #reopen(shard: number, aloneCount: number): Promise<void> {
    const taken = await this.#connection.takeAgain(shard);
    if (taken) this.#open(shard, taken, aloneCount);
    else void this.look();
  }

  #open(id: number, taken: TakenShard, aloneCount: number, handedOver?: ToldOfMemories): void {
    const { metrics, committed, owners, hints } = this.#options;
    this.#context.log.info({ shard: id, ...taken }, 'shard taken');
    this.#writers.get(id)?.abandon();
    const held = { id, ...taken, aloneCount, prepared: this.#prepared.take(id), handedOver };
    this.#writers.set(
      id,
      new ShardWriter(this.#context, held, metrics, {
        committed,
        ended: (writer, how) => this.#end(writer, how),
      }),
    );
    owners.note(id, taken.epoch, undefined);
    owners.tellChange(id);
    hints.announceOwners();
  }

  #moveTo({ shard, to }: Gift, { processes }: LeasesSeen): Promise<void> {
    const successor = processes.find(({ id }) => id === to);
    return this.#move(shard, () => this.#handOver.handOver(shard, successor));
  }

  #end(writer: ShardWriter, how: ShardEnd): void {
    const shard = writer.id;
    // Another writer may have its place already.
    if (this.#writers.get(shard) !== writer) return;
    this.#writers.delete(shard);
    if (this.#isClosed) return;
    if (how === 'lost') void this.look();
    else void this.#move(shard, () => this.#reopen(shard, how === 'restart-alone' ? changesAloneAfterRefusal : 0));
  }

  /** Runs one change of hands of a shard at a time. A failed one is made good by the next look. */
  #move(shard: number, work: () => Promise<void>): Promise<void> {
    if (this.#moving.has(shard) || this.#isClosed) return Promise.resolve();
    const moving = work()
      .catch((error: unknown) => this.#context.log.warn({ shard, err: error }, 'a shard could not change hands'))
      .finally(() => this.#moving.delete(shard));
    this.#moving.set(shard, moving);
    return moving;
  }
}
