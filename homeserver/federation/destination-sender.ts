import type { Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { SettledMessage } from '../devices/to-device/queue-to-device.ts';
import type { Context } from '../platform/context.ts';
import { isDatabaseOutage } from '../platform/database/database-error.ts';
import { readBackOff } from '../remote-servers/back-off/back-offs.ts';
import { isServerFailing } from '../remote-servers/explain-failure.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import type { DestinationQueue, QueueBatch } from './destination-queue.ts';
import type { SendingMetrics } from './federation-metrics.ts';
import { readMessageSetAside } from './outbox.ts';
import type { Pacer } from './pacer.ts';
import { isRefusedForGood, sendInParts } from './send-in-parts.ts';
import { sendTransaction } from './send-transaction.ts';
import { makeTransaction } from './transaction.ts';
import type { Turns } from './turns.ts';

/** What a sender is part of. */
export interface SenderHome {
  readonly context: Context;
  readonly metrics: SendingMetrics;
  /** Aborts when this process no longer sends for the home shard. */
  readonly signal: AbortSignal;
  /** For servers that failed last: those that hang must not hold up each other's turns, nor all connections. */
  readonly doubtfulTurns: Turns;
  /** A message to a thousand servers must not keep the event loop to itself. */
  readonly pacer: Pacer;
  /** Makes a queue that has left things to the tables begin to read them. */
  startRecovery(sender: DestinationSender): Promise<void>;
  /** Commits how far the server has been sent what is for it, and what became of a message to devices. */
  save(sender: DestinationSender, outboxUpTo: number, settled?: SettledMessage): Promise<void>;
  /** Nothing waits any more. */
  retire(sender: DestinationSender): void;
  /** It will be long until the next attempt: what waits is left to the tables until then. */
  leaveToTables(sender: DestinationSender, retryInMs: number): Promise<void>;
}

const firstRetryMs = 5_000;
const soonestRetryMs = 500;
/** For so long after its first failure, a server is not left alone for longer than this. */
const soonRetryMs = 15_000;
const longestRetryMs = 3_600_000;
/** A server is left alone for this part of the time for which it has been away. */
const awayPart = 1 / 40;
/** So often a transaction is refused as a whole before it is sent in parts. */
const refusalsBeforeParts = 4;
const databaseRetryMs = 1_000;
/** So many messages that were set aside may be refused again before the others of them are left for another time. */
const mostRefusedAgain = 20;
/** Whoever has to wait longer waits without memory. */
const longestWaitInMemoryMs = 60_000;

/** What one request carries. */
type Parcel = Pick<QueueBatch, 'pdus' | 'edus'>;

/** Sends what waits for one server: one transaction at a time, again after a while when it fails. */
export class DestinationSender {
  readonly queue: DestinationQueue;
  readonly #home: SenderHome;
  /** The row of the destination says that it is behind. */
  isSavedAsBehind: boolean;
  failures = 0;
  lastError: string | undefined;
  lastSuccessMs: number | null = null;
  /** Since when it has not had what is for it; monotonic, and so below zero where that was before this process. */
  awaySinceMs: number;
  /** When something began to wait, or the last transaction arrived; monotonic. */
  waitingSinceMs: number;
  /** How often the server has refused what is next, since it last took something. */
  refusals = 0;
  #refusalsBeforeParts = refusalsBeforeParts;
  /** Since when it is being tried, waiting for a turn included; monotonic. Undefined: it is not. */
  triedSinceMs: number | undefined;
  /** Messages that were set aside are to be tried again, those above the id `after`; undefined: not now. */
  #setAside: { after: number; readonly withAll: boolean; refused: number } | undefined;
  #isRunning = false;
  /** What waits is somebody else's. */
  #isOver = false;
  #retry: Timer | undefined;

  constructor(home: SenderHome, queue: DestinationQueue, isSavedAsBehind: boolean) {
    this.#home = home;
    this.queue = queue;
    this.isSavedAsBehind = isSavedAsBehind;
    this.waitingSinceMs = home.context.clock.monotonicMs();
    this.awaySinceMs = this.waitingSinceMs;
  }

  get server(): string {
    return this.queue.server;
  }

  /** The last attempt failed, and the time for the next has not come. */
  get isWaiting(): boolean {
    return this.#retry !== undefined;
  }

  /** Sends, unless that is under way or the time for trying again has not come. */
  wake(): void {
    if (this.#isRunning || this.#retry || this.#isOver || this.#home.signal.aborted) return;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
      this.triedSinceMs = undefined;
      if (this.#retry || this.#isOver || this.#home.signal.aborted) return;
      if (this.queue.isEmpty && !this.#setAside) this.#home.retire(this);
      else this.wake();
    });
  }

  /** The server is there again: it need not be waited for any longer. */
  heard(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.wake();
  }

  /** Tries messages that were set aside again, when nothing else waits. `withAll`: also those whose time has not come. */
  retrySetAside(withAll: boolean): void {
    this.#setAside = { after: 0, withAll: withAll || (this.#setAside?.withAll ?? false), refused: 0 };
    this.wake();
  }

  close(): void {
    this.#retry?.cancel();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#home.signal.aborted) if (!(await this.#sendNext()) && !(await this.#trySetAside())) break;
      if (this.isSavedAsBehind && this.queue.isEmpty) await this.#home.save(this, 0);
    } catch (error) {
      this.queue.fail();
      if (!this.#home.signal.aborted) await this.#handleFailure(error);
    }
  }

  /** Gives false when nothing waits. */
  async #sendNext(): Promise<boolean> {
    this.triedSinceMs = this.#home.context.clock.monotonicMs();
    if (this.queue.isRecovering) await this.#home.startRecovery(this);
    const giveBack = this.failures > 0 ? await this.#home.doubtfulTurns.take() : undefined;
    try {
      await this.#home.pacer.next();
      const batch = await this.queue.nextBatch();
      if (!batch) return false;
      if (this.refusals >= this.#refusalsBeforeParts && batch.pdus.length + batch.edus.length > 0) {
        await this.#sendInParts(batch);
        return true;
      }
      if (batch.pdus.length + batch.edus.length > 0) await this.#send(batch);
      this.refusals = 0;
      this.#refusalsBeforeParts = refusalsBeforeParts;
      await this.#acknowledge(batch);
      return true;
    } finally {
      giveBack?.();
    }
  }

  /** Sends the next message that was set aside, by itself; events go before it. Gives false when there is none. */
  async #trySetAside(): Promise<boolean> {
    const which = this.#setAside;
    const message = which && (await readMessageSetAside(this.#home.context, this.server, which));
    if (!message || which.refused >= mostRefusedAgain) {
      if (this.#setAside === which) this.#setAside = undefined;
      return this.#setAside !== undefined;
    }
    const refusal = await this.#trySending({ pdus: [], edus: [message.text] });
    await this.#home.save(this, 0, { id: message.id, problem: refusal?.message ?? null });
    which.after = message.id;
    if (refusal) which.refused++;
    return true;
  }

  async #acknowledge(batch: QueueBatch, items?: number, setAside?: SettledMessage): Promise<void> {
    this.waitingSinceMs = this.#home.context.clock.monotonicMs();
    const outboxUpTo = batch.acknowledge(items);
    if (outboxUpTo !== undefined) await this.#home.save(this, outboxUpTo, setAside);
  }

  /** What was refused again and again. */
  async #sendInParts(batch: QueueBatch): Promise<void> {
    const { context, metrics, signal } = this.#home;
    this.refusals = 0;
    const parts = {
      ...{ context, signal, server: this.server },
      trySending: (part: Parcel) => this.#trySending(part),
      acknowledge: (items: number, setAside?: SettledMessage) => this.#acknowledge(batch, items, setAside),
    };
    await sendInParts(batch, parts, () => metrics.dropped.add({}));
    // What comes next may be refused too: the server takes parts.
    this.#refusalsBeforeParts = 1;
  }

  /** Gives why the server refuses this for good; throws where it failed otherwise. */
  async #trySending(part: Parcel): Promise<RemoteServerError | undefined> {
    try {
      await this.#send(part);
      return undefined;
    } catch (error) {
      if (error instanceof RemoteServerError && isRefusedForGood(error)) return error;
      throw error;
    }
  }

  async #send({ pdus, edus }: Parcel): Promise<void> {
    const { context, metrics, signal } = this.#home;
    const origin = context.serverName;
    const transaction = makeTransaction({ origin, timestampMs: context.clock.wallMs(), pdus, edus });
    const refused = await sendTransaction(context, this.server, transaction, signal);
    this.failures = 0;
    this.lastError = undefined;
    this.awaySinceMs = context.clock.monotonicMs();
    this.lastSuccessMs = context.clock.wallMs();
    metrics.transactions.add({ result: 'acknowledged' });
    metrics.pdus.add({}, pdus.length);
    metrics.edus.add({}, edus.length);
    if (refused.length === 0) return;
    metrics.refusedPdus.add({}, refused.length);
    context.log.info({ server: this.server, refused: refused.slice(0, 5) }, 'a server did not take some events');
  }

  async #handleFailure(error: unknown): Promise<void> {
    const { context, metrics } = this.#home;
    if (!(error instanceof RemoteServerError)) {
      const isOutage = isDatabaseOutage(error) || (error instanceof MatrixError && error.status === 503);
      if (!isOutage) context.log.error({ server: this.server, err: error }, 'sending to a server failed');
      this.#retryIn(isOutage ? databaseRetryMs : 30 * databaseRetryMs);
      return;
    }
    this.failures++;
    if (isRefusedForGood(error)) this.refusals++;
    this.lastError = error.message;
    metrics.transactions.add({ result: error.kind });
    context.log.debug(
      { server: this.server, failures: this.failures, problem: error.message },
      'a server was not reached',
    );
    // It was heard from between its failure and now, of which nobody tells again.
    const isThere = isServerFailing(error) && readBackOff(context, this.server) === undefined;
    const waitMs = isThere ? soonestRetryMs : this.#chooseWaitMs();
    if (waitMs <= longestWaitInMemoryMs) return this.#retryIn(waitMs);
    try {
      await this.#home.leaveToTables(this, waitMs);
      this.#isOver = true;
    } catch {
      // It could not be saved that it is behind: then what waits stays here.
      this.#retryIn(longestWaitInMemoryMs);
    }
  }

  /**
   * Longer and longer at first; then, where it has been away for long, a part of that time, so that many servers that
   * are gone for good cost next to nothing. Never sooner than anybody in this process may ask it.
   */
  #chooseWaitMs(): number {
    const { context } = this.#home;
    const soonMs = Math.min(soonRetryMs, firstRetryMs * 2 ** Math.min(this.failures - 1, 10));
    const awayMs = context.clock.monotonicMs() - this.awaySinceMs;
    const waitMs = Math.min(longestRetryMs, Math.max(soonMs, awayMs * awayPart));
    const jitteredMs = waitMs * (0.75 + context.random.fraction() / 2);
    return Math.max(jitteredMs, (readBackOff(context, this.server)?.retryInMs ?? 0) + 50);
  }

  #retryIn(waitMs: number): void {
    this.#retry = this.#home.context.clock.startTimer(waitMs, () => {
      this.#retry = undefined;
      this.wake();
    });
  }
}
