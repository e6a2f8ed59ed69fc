import type { SettledMessage } from '../devices/to-device/queue-to-device.ts';
import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import { isServerAllowed } from '../remote-servers/is-server-allowed.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';
import type { StoredDestination } from '../storage/federation/destination-row.ts';
import { homeShardOf, readDestination } from '../storage/federation/read-destinations.ts';
import { recentPdus } from '../storage/rooms/recent-pdus.ts';
import { DestinationQueue, type QueuedEdu, type QueuedPdu } from './destination-queue.ts';
import { DestinationSender, type SenderHome } from './destination-sender.ts';
import { edusOfEntry } from './edus-of-entry.ts';
import type { SendingMetrics } from './federation-metrics.ts';
import { outboxServerOf } from './outbox.ts';
import type { Pacer } from './pacer.ts';
import type { PduTexts } from './pdu-texts.ts';
import { Recovery } from './recovery.ts';
import { SavedPositions } from './saved-positions.ts';
import { serversOfEntry } from './servers-of-entry.ts';
import { eduText } from './transaction.ts';
import type { Turns } from './turns.ts';

/** What all home shards of a process share. */
export interface SendingShare {
  readonly context: Context;
  readonly texts: PduTexts;
  readonly metrics: SendingMetrics;
  readonly doubtfulTurns: Turns;
  readonly pacer: Pacer;
}

/** What is known of the destinations of a home shard when it is opened. */
export interface OpenedHomeShard {
  readonly id: number;
  readonly epoch: number;
  readonly routed: readonly number[];
  readonly rows: readonly StoredDestination[];
  /** Servers for which messages to devices wait. */
  readonly inOutbox: readonly string[];
}

/** A server that waits without memory. */
export interface DormantServer {
  /** Monotonic. */
  readonly retryAtMs: number;
  /** Since when it has been away; monotonic, and so below zero where that was before this process. */
  readonly awaySinceMs: number;
  readonly failures: number;
  readonly refusals: number;
}

/** After a start, the servers that are away are tried within this part of the time for which they have been. */
const awayPart = 1 / 40;
const longestFirstWaitMs = 3_600_000;

/**
 * Sends to the servers whose names hash to one shard, on the process that owns it. Follows the logs of all shards, gives
 * each entry to the queues of the servers that it is for, and saves how far it has come.
 */
export class HomeShard implements SenderHome {
  readonly id: number;
  readonly epoch: number;
  readonly context: Context;
  readonly metrics: SendingMetrics;
  readonly doubtfulTurns: Turns;
  readonly pacer: Pacer;
  /** By shard: entries up to there are in the queues of their servers. */
  readonly routed: number[];
  readonly #texts: PduTexts;
  readonly #saved: SavedPositions;
  /** Servers for which something waits or is on its way. */
  readonly #senders = new Map<string, DestinationSender>();
  readonly #dormant = new Map<string, DormantServer>();
  /** Servers that were sent more than what counts for all. */
  readonly #ahead = new Map<string, readonly number[]>();
  readonly #closing = new AbortController();

  constructor(share: SendingShare, opened: OpenedHomeShard) {
    this.id = opened.id;
    this.epoch = opened.epoch;
    this.context = share.context;
    this.metrics = share.metrics;
    this.doubtfulTurns = share.doubtfulTurns;
    this.pacer = share.pacer;
    this.#texts = share.texts;
    this.routed = [...opened.routed];
    const held = { homeShard: opened.id, epoch: opened.epoch, routed: opened.routed };
    this.#saved = new SavedPositions(share.context, held, {
      routed: this.routed,
      senders: () => this.#senders.values(),
      senderCount: () => this.#senders.size,
      // The queues are opened anew, from what was saved, by whoever owns the shard now.
      lost: () => this.close(),
    });
    for (const row of opened.rows) this.#takeRow(row);
    for (const server of opened.inOutbox) {
      const sender = this.#senderOf(server);
      if (!sender) continue;
      sender.queue.mayHaveMessages = true;
      sender.wake();
    }
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  get senders(): ReadonlyMap<string, DestinationSender> {
    return this.#senders;
  }

  get dormant(): ReadonlyMap<string, DormantServer> {
    return this.#dormant;
  }

  /** Gives an entry to the queues of the servers that it is for. `isFresh`: it came just now. */
  async route(entry: LogEntry, isFresh: boolean): Promise<void> {
    const servers = await serversOfEntry(this.context, entry);
    const edus = await edusOfEntry(this.context, entry);
    // From here on nothing waits: an entry is in all of its queues, or routed in none.
    const touched = new Set<DestinationSender>();
    const { shard, position } = entry;
    if (entry.kind === 'event' && entry.body.redacts !== undefined) {
      recentPdus.of(this.context).forget(entry.body.redacts);
    }
    if (entry.kind === 'event' && servers) {
      const pdu: QueuedPdu = { shard, position, eventId: entry.body.eventId };
      for (const sender of this.#sendersFor(servers, entry)) {
        sender.queue.addPdu(pdu, this.routed);
        touched.add(sender);
      }
    }
    for (const edu of edus) if (isFresh || edu.keep === 'durable') this.#routeEdu(entry, edu, touched);
    const outboxSender = this.#senderOf(outboxServerOf(entry) ?? '');
    if (outboxSender) {
      outboxSender.queue.mayHaveMessages = true;
      touched.add(outboxSender);
    }
    this.routed[shard] = position;
    for (const sender of touched) sender.wake();
  }

  /** Tries servers whose time has come. Call every second or so. */
  tick(): void {
    const nowMs = this.context.clock.monotonicMs();
    for (const [server, { retryAtMs }] of this.#dormant) if (retryAtMs <= nowMs) this.#rouse(server);
    for (const [server, positions] of this.#ahead) {
      if (positions.every((position, shard) => position <= (this.routed[shard] ?? 0))) this.#ahead.delete(server);
    }
  }

  /** The server has shown that it is there. */
  heard(server: string): void {
    if (this.#dormant.has(server)) this.#rouse(server);
    else this.#senders.get(server)?.heard();
  }

  saveRouted(): Promise<void> {
    return this.#saved.saveRouted();
  }

  close(): void {
    this.#closing.abort();
    for (const sender of this.#senders.values()) sender.close();
  }

  async startRecovery({ queue, server }: DestinationSender): Promise<void> {
    if (!queue.leftAt) return;
    const row = queue.leftAt.length === 0 ? await readDestination(this.context, server) : undefined;
    const reached = row?.positions ?? queue.leftAt;
    // From here on the queue takes entries in again: those that are routed later.
    queue.recover(new Recovery(this.context, server, reached, [...this.routed]));
    this.metrics.recoveries.add({});
  }

  /** Tries messages to a server that were set aside, unless it is away. `withAll`: also those whose time has not come. */
  retrySetAside(server: string, withAll: boolean): void {
    this.#senderOf(server)?.retrySetAside(withAll);
  }

  save(sender: DestinationSender, outboxUpTo: number, settled?: SettledMessage): Promise<void> {
    return this.#saved.save(sender, outboxUpTo, settled);
  }

  retire(sender: DestinationSender): void {
    if (this.#senders.get(sender.server) === sender) this.#senders.delete(sender.server);
  }

  async leaveToTables(sender: DestinationSender, retryInMs: number): Promise<void> {
    sender.queue.leaveToTables(this.routed);
    await this.#saved.save(sender, 0);
    // Nothing was added meanwhile: the queue takes nothing in.
    this.retire(sender);
    const retryAtMs = this.context.clock.monotonicMs() + retryInMs;
    this.#dormant.set(sender.server, {
      retryAtMs,
      awaySinceMs: sender.awaySinceMs,
      failures: sender.failures,
      refusals: sender.refusals,
    });
  }

  #takeRow({ server, positions, isBehind, behindForMs }: StoredDestination): void {
    if (isBehind) {
      const nowMs = this.context.clock.monotonicMs();
      const mostMs = Math.min(longestFirstWaitMs, behindForMs * awayPart);
      const retryAtMs = nowMs + this.context.random.fraction() * mostMs;
      this.#dormant.set(server, { retryAtMs, awaySinceMs: nowMs - behindForMs, failures: 0, refusals: 0 });
    } else if (positions.some((position, shard) => position > (this.routed[shard] ?? 0))) {
      this.#ahead.set(server, positions);
    }
  }

  /** A server that waited without memory is tried again. */
  #rouse(server: string): void {
    const known = this.#dormant.get(server);
    this.#dormant.delete(server);
    const queue = new DestinationQueue(this.context, server, this.#texts, true);
    queue.leaveToTables([]);
    const sender = new DestinationSender(this, queue, true);
    sender.failures = known?.failures ?? 0;
    sender.refusals = known?.refusals ?? 0;
    sender.awaySinceMs = known?.awaySinceMs ?? sender.awaySinceMs;
    this.#senders.set(server, sender);
    sender.wake();
  }

  *#sendersFor(servers: Iterable<string>, { shard, position }: LogEntry): Generator<DestinationSender> {
    for (const server of servers) {
      if (position <= (this.#ahead.get(server)?.[shard] ?? 0)) continue;
      const sender = this.#senderOf(server);
      if (sender) yield sender;
    }
  }

  /** The sender for a server of this home shard; undefined for others, and for those that wait without memory. */
  #senderOf(server: string): DestinationSender | undefined {
    const known = this.#senders.get(server);
    if (known) return known;
    if (server === '' || server === this.context.serverName || this.#dormant.has(server)) return undefined;
    if (homeShardOf(this.context, server) !== this.id || !isServerAllowed(this.context, server)) return undefined;
    const sender = new DestinationSender(this, new DestinationQueue(this.context, server, this.#texts, false), false);
    this.#senders.set(server, sender);
    return sender;
  }

  #routeEdu(entry: LogEntry, edu: AddressedEdu, touched: Set<DestinationSender>): void {
    const { shard, position } = entry;
    const queued: QueuedEdu = {
      key: `${edu.type} ${edu.key}`,
      text: eduText(edu),
      place: edu.keep === 'durable' ? { shard, position } : undefined,
      queuedAtMs: this.context.clock.monotonicMs(),
    };
    for (const sender of this.#sendersFor(edu.servers, entry)) {
      sender.queue.addEdu(queued, this.routed);
      touched.add(sender);
    }
  }
}
