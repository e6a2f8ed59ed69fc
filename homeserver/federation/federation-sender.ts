import type { Timer } from '@holdfast/effects/clock.ts';
import type { Context } from '../platform/context.ts';
import { backOffsOf } from '../remote-servers/back-off/back-offs.ts';
import { readDestinationsOfSetAside } from '../storage/devices/read-outbox.ts';
import { homeShardOf, readDestinations, readRoutedPositions } from '../storage/federation/read-destinations.ts';
import { describeDestinations } from './describe-destinations.ts';
import { type DestinationOwner, destinationOwners } from './destination-owners.ts';
import type { SendingStatus } from './destination-status.ts';
import { createSendingMetrics, type SendingMetrics } from './federation-metrics.ts';
import { findStuckDestinations } from './find-stuck.ts';
import { HomeShard } from './home-shard.ts';
import { readServersInOutbox } from './outbox.ts';
import { Pacer } from './pacer.ts';
import { PduTexts } from './pdu-texts.ts';
import { RouterPump } from './router-pump.ts';
import { openDestinationsCommand } from './save-destinations.ts';
import { Turns } from './turns.ts';

const tickMs = 1_000;
/** How often it is saved how far the logs have been routed; what comes after is routed again after a crash. */
const saveEveryTicks = 2;
const stuckEveryTicks = 5;
/** How often it is looked whether messages that were set aside are to be tried again, and for how many servers at once. */
const setAsideEveryTicks = 60;
const serversOfSetAside = 100;
const doubtfulTurns = 64;
/** Transactions that are put together in one turn of the event loop. */
const startsPerTurn = 4;

/** Sends to other servers from this process: to those whose home shards it owns. */
export class FederationSender implements DestinationOwner {
  readonly #context: Context;
  readonly #homes = new Map<number, { readonly home: HomeShard; readonly pump: RouterPump }>();
  readonly #texts: PduTexts;
  readonly #metrics: SendingMetrics;
  readonly #doubtfulTurns = new Turns(doubtfulTurns);
  readonly #pacer = new Pacer(startsPerTurn);
  readonly #opening = new Set<number>();
  /** Servers that the metrics call stuck. */
  #stuck: ReadonlySet<string> = new Set();
  #unsubscribe: () => void = () => {};
  #stopListening: () => void = () => {};
  #timer: Timer | undefined;
  #ticks = 0;
  #isClosed = false;

  constructor(context: Context) {
    this.#context = context;
    this.#texts = new PduTexts(context);
    this.#metrics = createSendingMetrics(context, {
      behind: () => this.#countBehind(),
      oldestMs: () => this.#oldestMs(),
      queued: () => this.#countQueued(),
    });
  }

  get homes(): HomeShard[] {
    return [...this.#homes.values()].map(({ home }) => home);
  }

  start(): void {
    destinationOwners.of(this.#context).owner = this;
    this.#unsubscribe = this.#context.shardLog.tail.subscribe(() => {
      for (const { pump } of this.#homes.values()) pump.wake();
    });
    this.#stopListening = backOffsOf.of(this.#context).onHeard((server) => this.heard(server));
    this.#tick();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#unsubscribe();
    this.#stopListening();
    const homes = this.homes;
    await Promise.allSettled(homes.map((home) => home.saveRouted()));
    for (const home of homes) home.close();
    this.#homes.clear();
  }

  /** Begins to send for a home shard that this process owns under `epoch`. */
  async open(homeShard: number, epoch: number): Promise<void> {
    if (this.#isClosed || this.#homes.get(homeShard)?.home.epoch === epoch) return;
    const [routed, rows, inOutbox] = await Promise.all([
      readRoutedPositions(this.#context, homeShard),
      readDestinations(this.#context, homeShard),
      readServersInOutbox(this.#context, homeShard),
    ]);
    if (this.#isClosed) return;
    this.#closeHome(homeShard);
    const { tail } = this.#context.shardLog;
    const share = {
      ...{ context: this.#context, texts: this.#texts },
      ...{ metrics: this.#metrics, doubtfulTurns: this.#doubtfulTurns, pacer: this.#pacer },
    };
    const opened = { id: homeShard, epoch, routed: routed ?? tail.positions(), rows, inOutbox };
    const home = new HomeShard(share, opened);
    const pump = new RouterPump(this.#context, home);
    this.#homes.set(homeShard, { home, pump });
    pump.wake();
  }

  /** A server of a home shard of this process has shown that it is there. */
  heard(server: string): void {
    this.#homes.get(homeShardOf(this.#context, server))?.home.heard(server);
  }

  retrySetAside(server: string, withAll: boolean): void {
    this.#homes.get(homeShardOf(this.#context, server))?.home.retrySetAside(server, withAll);
  }

  describe(homeShard: number): SendingStatus[] {
    const held = this.#homes.get(homeShard);
    return held ? describeDestinations(held.home) : [];
  }

  #tick(): void {
    this.#ticks++;
    const owned = new Set(this.#context.shardLog.ownedShards());
    for (const [homeShard, { home }] of this.#homes) {
      if (home.signal.aborted || !owned.has(homeShard)) this.#closeHome(homeShard);
    }
    for (const homeShard of owned) if (!this.#homes.has(homeShard)) this.#askToOpen(homeShard);
    for (const { home, pump } of this.#homes.values()) {
      home.tick();
      pump.wake();
      if (this.#ticks % saveEveryTicks === 0) this.#saveRouted(home);
    }
    if (this.#ticks % stuckEveryTicks === 0) this.#tellStuck();
    if (this.#ticks % setAsideEveryTicks === 0) void this.#lookForSetAside();
    if (!this.#isClosed) this.#timer = this.#context.clock.startTimer(tickMs, () => this.#tick());
  }

  /** Through a command, which names the epoch under which what follows may be saved. */
  #askToOpen(homeShard: number): void {
    if (this.#opening.has(homeShard)) return;
    this.#opening.add(homeShard);
    this.#context.shardLog
      .submit(openDestinationsCommand, homeShard, null)
      .catch((error: unknown) => this.#context.log.warn({ homeShard, err: error }, 'sending could not begin yet'))
      .finally(() => this.#opening.delete(homeShard));
  }

  #saveRouted(home: HomeShard): void {
    home.saveRouted().catch((error: unknown) => {
      this.#context.log.debug({ homeShard: home.id, err: error }, 'what was routed could not be saved');
    });
  }

  async #lookForSetAside(): Promise<void> {
    try {
      const servers = await readDestinationsOfSetAside(this.#context.database, serversOfSetAside);
      for (const server of servers) this.retrySetAside(server, false);
    } catch (error) {
      this.#context.log.debug({ err: error }, 'messages that were set aside could not be looked for');
    }
  }

  #closeHome(homeShard: number): void {
    const held = this.#homes.get(homeShard);
    held?.home.close();
    this.#homes.delete(homeShard);
  }

  #tellStuck(): void {
    const { clock } = this.#context;
    const found = findStuckDestinations(this.homes, { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() });
    const { stuck, stuckSuccess } = this.#metrics;
    const servers = new Set(found.map(({ server }) => server));
    for (const server of this.#stuck) {
      if (servers.has(server)) continue;
      stuck.remove({ server });
      stuckSuccess.remove({ server });
    }
    for (const { server, waitingMs, lastSuccessAgoMs } of found) {
      stuck.set({ server }, waitingMs / 1000);
      if (lastSuccessAgoMs !== undefined) stuckSuccess.set({ server }, lastSuccessAgoMs / 1000);
    }
    this.#stuck = servers;
  }

  #countBehind(): number {
    return this.homes.reduce((sum, { senders, dormant }) => {
      const behind = [...senders.values()].filter(({ isSavedAsBehind }) => isSavedAsBehind);
      return sum + dormant.size + behind.length;
    }, 0);
  }

  #oldestMs(): number {
    const { clock } = this.#context;
    let oldestMs = 0;
    for (const { senders, dormant } of this.homes) {
      for (const sender of senders.values()) {
        if (!sender.queue.isEmpty) oldestMs = Math.max(oldestMs, clock.monotonicMs() - sender.waitingSinceMs);
      }
      for (const { awaySinceMs } of dormant.values()) {
        oldestMs = Math.max(oldestMs, clock.monotonicMs() - awaySinceMs);
      }
    }
    return oldestMs;
  }

  #countQueued(): number {
    let queued = 0;
    for (const { senders } of this.homes) for (const { queue } of senders.values()) queued += queue.length;
    return queued;
  }
}
