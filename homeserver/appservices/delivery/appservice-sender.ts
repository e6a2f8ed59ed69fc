import type { Timer } from '@holdfast/effects/clock.ts';
import { TypingMemory } from '../../ephemeral/typing-memory.ts';
import type { Context } from '../../platform/context.ts';
import type { LogEntry } from '../../platform/shard-log/log-entry.ts';
import type { QueueRow, StoredQueue } from '../../storage/appservices/queue-row.ts';
import { readQueues } from '../../storage/appservices/read-queues.ts';
import { applicationServices } from '../registrations/application-services.ts';
import { type AppserviceMetrics, createAppserviceMetrics } from './appservice-metrics.ts';
import { AppserviceQueue } from './appservice-queue.ts';
import { openAppserviceQueuesCommand, saveAppserviceQueueCommand } from './queue-commands.ts';
import { homeShardOf, type QueueOwner, queueOwners } from './queue-owners.ts';
import { RoomInterests } from './room-interests.ts';

const tickMs = 1_000;
/** How often it is saved how far the logs have been read for those that want little of them. */
const saveEveryTicks = 5;

interface Home {
  readonly epoch: number;
  readonly closing: AbortController;
  readonly queues: Map<string, AppserviceQueue>;
  /** Services that are no longer registered, whose queues have not come to their end yet. */
  readonly ending: Set<string>;
}

/** Sends to application services from this process: to those whose home shards it owns. */
export class AppserviceSender implements QueueOwner {
  readonly #context: Context;
  readonly #metrics: AppserviceMetrics;
  readonly #interests: RoomInterests;
  readonly #typing: TypingMemory;
  readonly #homes = new Map<number, Home>();
  readonly #opening = new Set<number>();
  #unsubscribes: readonly (() => void)[] = [];
  #timer: Timer | undefined;
  #ticks = 0;
  /** Queues that have come to their end: what was read before the last one is old. */
  #ended = 0;
  #isClosed = false;

  constructor(context: Context) {
    this.#context = context;
    this.#metrics = createAppserviceMetrics(context);
    this.#interests = new RoomInterests(context);
    this.#typing = new TypingMemory(context.clock);
  }

  start(): void {
    queueOwners.of(this.#context).owner = this;
    this.#unsubscribes = [
      this.#context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries)),
      applicationServices.of(this.#context).subscribe(() => this.#openNew()),
    ];
    this.#tick();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    await Promise.all(this.#queues().map((queue) => queue.saveIdle()));
    for (const homeShard of this.#homes.keys()) this.#closeHome(homeShard);
    this.#interests.close();
  }

  async open(homeShard: number, epoch: number): Promise<void> {
    if (this.#isClosed || this.#homes.get(homeShard)?.epoch === epoch) return;
    const stored = await readQueues(this.#context.database);
    if (this.#isClosed) return;
    this.#closeHome(homeShard);
    this.#homes.set(homeShard, { epoch, closing: new AbortController(), queues: new Map(), ending: new Set() });
    this.#syncHome(homeShard, stored);
  }

  find(id: string): AppserviceQueue | undefined {
    return this.#homes.get(homeShardOf(this.#context, id))?.queues.get(id);
  }

  #queues(): AppserviceQueue[] {
    return [...this.#homes.values()].flatMap(({ queues }) => [...queues.values()]);
  }

  #follow(entries: readonly LogEntry[]): void {
    if (entries.length === 0) this.#typing.clear();
    for (const entry of entries) if (entry.kind === 'typing') this.#typing.apply(entry);
    for (const queue of this.#queues()) queue.wake();
  }

  /** Registrations changed: those who are new, or come back, go on from where they were. */
  #openNew(): void {
    if (this.#homes.size === 0) return;
    const endedBefore = this.#ended;
    readQueues(this.#context.database)
      .then((stored) => {
        if (this.#ended !== endedBefore) return this.#openNew();
        for (const homeShard of this.#homes.keys()) this.#syncHome(homeShard, stored);
      })
      .catch((error: unknown) => {
        this.#context.log.warn({ err: error }, 'application services could not be opened yet');
        this.#context.clock.startTimer(tickMs, () => this.#openNew());
      });
  }

  /** Makes the queues of a home shard those of the services that are registered. */
  #syncHome(homeShard: number, stored: ReadonlyMap<string, StoredQueue>): void {
    const home = this.#homes.get(homeShard);
    if (!home || this.#isClosed) return;
    const { all } = applicationServices.of(this.#context);
    const own = all.filter(
      ({ id, registration }) => registration.url !== null && homeShardOf(this.#context, id) === homeShard,
    );
    const wanted = new Set(own.map(({ id }) => id));
    for (const [id, queue] of home.queues) {
      if (wanted.has(id)) continue;
      home.queues.delete(id);
      this.#endQueue(home, id, queue);
    }
    for (const service of own) {
      if (home.ending.has(service.id)) continue;
      const queue = home.queues.get(service.id);
      if (queue?.service === service) continue;
      if (queue) queue.service = service;
      const opened = queue ?? new AppserviceQueue(this.#share(homeShard, home), service, stored.get(service.id));
      home.queues.set(service.id, opened);
      // From here on it is known where a new one began.
      void opened.saveIdle().then(() => (queue ? opened.resume() : opened.wake()));
    }
  }

  /** A service that is registered again meanwhile goes on from where its queue comes to its end. */
  #endQueue({ ending }: Home, id: string, queue: AppserviceQueue): void {
    ending.add(id);
    this.#forget(id);
    void queue.close().finally(() => {
      ending.delete(id);
      this.#ended++;
      this.#openNew();
    });
  }

  #share(homeShard: number, { epoch, closing }: Home) {
    return {
      ...{ context: this.#context, metrics: this.#metrics, interests: this.#interests, typing: this.#typing },
      signal: closing.signal,
      save: async (row: QueueRow) => {
        const input = { epoch, row };
        const isSaved = await this.#context.shardLog.submit(saveAppserviceQueueCommand, homeShard, input);
        if (isSaved) return;
        // The queues are opened anew, from what was saved, by whoever owns the shard now.
        closing.abort();
        throw new Error('the home shard is no longer held');
      },
    };
  }

  #tick(): void {
    this.#ticks++;
    const owned = new Set(this.#context.shardLog.ownedShards());
    for (const [homeShard, { closing }] of this.#homes) {
      if (closing.signal.aborted || !owned.has(homeShard)) this.#closeHome(homeShard);
    }
    for (const homeShard of owned) if (!this.#homes.has(homeShard)) this.#askToOpen(homeShard);
    for (const queue of this.#queues()) {
      queue.wake();
      if (this.#ticks % saveEveryTicks === 0) void queue.saveIdle();
      this.#measure(queue);
    }
    if (!this.#isClosed) this.#timer = this.#context.clock.startTimer(tickMs, () => this.#tick());
  }

  #measure({ service, pending, entriesBehind, failures, lastSuccessMs, isPaused, poison }: AppserviceQueue): void {
    const labels = { service: service.id };
    const oldestMs = pending ? Math.max(0, this.#context.clock.wallMs() - pending.madeMs) : 0;
    this.#metrics.waiting.set(labels, pending?.eventIds.length ?? 0);
    this.#metrics.behind.set(labels, entriesBehind);
    this.#metrics.oldest.set(labels, oldestMs / 1000);
    this.#metrics.failing.set(labels, failures);
    if (lastSuccessMs !== null) this.#metrics.lastSuccess.set(labels, lastSuccessMs / 1000);
    this.#metrics.paused.set(labels, isPaused ? 1 : poison.isHeld ? 2 : 0);
  }

  /** Another process sends to it now, and says how it is. */
  #forget(id: string): void {
    const { waiting, behind, oldest, failing, lastSuccess, paused } = this.#metrics;
    for (const gauge of [waiting, behind, oldest, failing, lastSuccess, paused]) gauge.remove({ service: id });
  }

  /** Through a command, which names the epoch under which what follows may be saved. */
  #askToOpen(homeShard: number): void {
    if (this.#opening.has(homeShard)) return;
    this.#opening.add(homeShard);
    this.#context.shardLog
      .submit(openAppserviceQueuesCommand, homeShard, null)
      .catch((error: unknown) => this.#context.log.warn({ homeShard, err: error }, 'sending could not begin yet'))
      .finally(() => this.#opening.delete(homeShard));
  }

  #closeHome(homeShard: number): void {
    const home = this.#homes.get(homeShard);
    home?.closing.abort();
    for (const [id, queue] of home?.queues ?? []) {
      void queue.close();
      this.#forget(id);
    }
    this.#homes.delete(homeShard);
  }
}
