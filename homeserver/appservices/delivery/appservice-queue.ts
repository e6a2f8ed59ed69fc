import type { Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { acknowledgeToDevice } from '../../devices/receive-to-device.ts';
import type { Context } from '../../platform/context.ts';
import { isDatabaseOutage } from '../../platform/database/database-error.ts';
import type { QueueRow, StoredQueue } from '../../storage/appservices/queue-row.ts';
import type { ApplicationService } from '../registrations/application-service.ts';
import { AppserviceError, callAppservice } from '../requests/call-appservice.ts';
import type { EntryReader } from './add-entry.ts';
import type { AppserviceMetrics } from './appservice-metrics.ts';
import { type Collected, collectTransaction } from './collect-transaction.ts';
import { PoisonWatch } from './poison-watch.ts';
import { packTransaction, type Transaction, unpackTransaction } from './transaction.ts';

/** What all queues of a home shard have in common. */
export interface QueueHome {
  readonly context: Context;
  readonly metrics: AppserviceMetrics;
  readonly interests: EntryReader['interests'];
  readonly typing: EntryReader['typing'];
  /** Aborts when this process no longer sends for the home shard. */
  readonly signal: AbortSignal;
  /** Commits how far a service has come, and what is on its way to it. */
  save(row: QueueRow): Promise<void>;
}

/** From connecting to the last byte of the answer. */
const transactionTimeoutMs = 30_000;
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;
const databaseRetryMs = 1_000;
/** What so many entries hold is put together while the one before is on its way. */
const aheadEntries = 500;
const pingTimeoutMs = 10_000;
/** Of a service that is held back. */
const heldRetryMs = 3_600_000;

/**
 * Sends a service what is for it: reads the log from where the service has come to, one transaction at a time. A
 * transaction is committed before it is first sent, and sent as it is until the service has acknowledged it, whatever
 * process does it. What follows is put together meanwhile.
 */
export class AppserviceQueue {
  service: ApplicationService;
  readonly #home: QueueHome;
  /** By shard: all that is for the service up to there has reached it. */
  #positions: readonly number[];
  #number: number;
  /** Stored; on its way. */
  #pending: Transaction | undefined;
  /** What comes after it. */
  #next: Promise<Collected> | undefined;
  #firstShard = 0;
  /** What the row says of it is old. */
  #isUnsaved: boolean;
  #saves = 0;
  /** What is saved beside what is sent. */
  #saving: Promise<void> = Promise.resolve();
  isPaused: boolean;
  failures = 0;
  lastError: string | undefined;
  lastSuccessMs: number | null;
  #retry: Timer | undefined;
  #retryAtMs = 0;
  #running: Promise<void> | undefined;
  #isWanted = false;
  #isClosed = false;
  /** While something was on its way to it, which may have been lost all the same. */
  #wasHeard = false;
  #sending: AbortController | undefined;
  /** Whether it refuses one transaction while it is well. */
  readonly poison: PoisonWatch;

  constructor(home: QueueHome, service: ApplicationService, stored: StoredQueue | undefined) {
    this.#home = home;
    this.service = service;
    const { clock, shardLog } = home.context;
    // Whoever is new begins at the present, and at a number that no earlier database has used.
    this.#positions = stored?.positions ?? shardLog.tail.positions();
    this.#number = stored?.transactionNumber ?? clock.wallMs();
    this.#pending = stored?.transaction ? unpackTransaction(stored.transactionNumber, stored.transaction) : undefined;
    this.poison = new PoisonWatch(this.#pending !== undefined && stored?.heldTransaction === this.#pending.number);
    this.#isUnsaved = stored === undefined;
    this.isPaused = stored?.isPaused ?? false;
    this.lastSuccessMs = stored?.lastSuccessMs ?? null;
  }

  get pending(): Transaction | undefined {
    return this.#pending;
  }

  /** How many entries of the logs have not been looked at yet for the service. */
  get entriesBehind(): number {
    const reached = this.#pending?.upTo ?? this.#positions;
    const ends = this.#home.context.shardLog.tail.positions();
    return ends.reduce((sum, end, shard) => sum + Math.max(0, end - (reached[shard] ?? 0)), 0);
  }

  /** Until the next attempt; null: none is waited for. */
  get retryInMs(): number | null {
    return this.#retry ? Math.max(0, this.#retryAtMs - this.#home.context.clock.monotonicMs()) : null;
  }

  /** There may be something to send. */
  wake(): void {
    this.#isWanted = true;
    if (this.#running || this.#retry || this.isPaused || this.#isOver) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWanted) this.wake();
    });
  }

  /** The service is there. One that is held back speaks all the time, and takes what it refuses no sooner for that. */
  heard(): void {
    if (this.poison.isHeld) return;
    this.#wasHeard = true;
    this.#cancelRetry();
    this.wake();
  }

  /** It is to be tried in any case, as if nothing had been. */
  resume(): void {
    if (this.poison.release()) this.#isUnsaved = true;
    this.heard();
  }

  /** Ends for good. Resolves when nothing more is sent or saved: only then another queue may go on from what is stored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    this.#sending?.abort();
    await this.#running;
    await this.#saving;
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#home.signal.aborted;
  }

  /** Saves how far the service has come where nothing was sent for a while. Never throws. */
  async saveIdle(): Promise<void> {
    if (!this.#isUnsaved || this.#running || this.#isOver) return;
    await this.#save(this.#positions, this.#pending).catch((error: unknown) => {
      this.#home.context.log.debug({ service: this.service.id, err: error }, 'a position could not be saved yet');
    });
  }

  /** Ends what is under way; nothing is sent until `wake`. */
  async halt(): Promise<void> {
    this.isPaused = true;
    this.#cancelRetry();
    this.#sending?.abort();
    await this.#running;
    await this.#saving;
  }

  /** The row once `pending` has taken the place of what is on its way; undefined: that counts as sent. */
  rowWith(pending: Transaction | undefined): QueueRow {
    const positions = pending ? this.#positions : (this.#pending?.upTo ?? this.#positions);
    return { ...this.#row(positions, pending, this.#number + 1), heldTransaction: null };
  }

  /** Commits have made true what `rowWith` gave. */
  replacePending(row: QueueRow, pending: Transaction | undefined): void {
    this.#positions = row.positions;
    this.#number = row.transactionNumber;
    this.#pending = pending;
    this.#next = undefined;
    this.failures = 0;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted && !this.isPaused && !this.#isOver) {
        this.#isWanted = false;
        while (await this.#sendNext());
      }
    } catch (error) {
      if (!this.#isOver && !this.isPaused) await this.#handleFailure(error);
    }
  }

  /** Gives false when nothing is for the service. */
  async #sendNext(): Promise<boolean> {
    if (this.isPaused || this.#isOver) return false;
    this.#pending ??= await this.#prepare(this.#positions);
    const pending = this.#pending;
    if (!pending) return this.entriesBehind > 0;
    // Whoever is far behind need not wait for the next one. Who is not gets all that comes until this one is acknowledged.
    if (!this.#next && this.entriesBehind > aheadEntries) {
      this.#next = this.#collect(pending.upTo);
      this.#next.catch(() => {});
    }
    await this.#send(pending);
    await this.#acknowledge(pending);
    return true;
  }

  /** The next transaction, committed. */
  async #prepare(from: readonly number[]): Promise<Transaction | undefined> {
    const collecting = this.#next ?? this.#collect(from);
    this.#next = undefined;
    const { upTo, transaction } = await collecting;
    if (!transaction) {
      this.#positions = upTo;
      this.#isUnsaved = true;
      return undefined;
    }
    const numbered = { ...transaction, number: this.#number + 1 };
    await this.#save(this.#positions, numbered);
    return numbered;
  }

  /** What was acknowledged is committed together with what comes next, if there is something. */
  async #acknowledge(sent: Transaction): Promise<void> {
    this.#pending = undefined;
    this.#positions = sent.upTo;
    this.#isUnsaved = true;
    if (this.#next || this.entriesBehind > 0) this.#pending = await this.#prepare(sent.upTo);
    if (this.#isUnsaved) this.#saveLater(sent);
    else this.#forgetMessages(sent);
  }

  /** Nothing follows, and what comes need not wait until this is committed. */
  #saveLater(sent: Transaction): void {
    const saving = this.#save(this.#positions, undefined).then(
      () => this.#forgetMessages(sent),
      // It stays unsaved, and the next save has it.
      (error: unknown) => this.#home.context.log.debug({ service: this.service.id, err: error }, 'not saved yet'),
    );
    this.#saving = Promise.all([this.#saving, saving]).then(() => {});
  }

  /**
   * Messages to devices wait nowhere once the service has them, if it takes its part in encryption from transactions
   * (MSC3202). Others read them by /sync, and get them here beside it because they asked for typing and the like.
   */
  #forgetMessages({ messages }: Transaction): void {
    if (!this.service.registration.receivesDeviceLists) return;
    for (const delivered of messages) acknowledgeToDevice(this.#home.context, delivered);
  }

  /** Saves are committed in the order in which they begin. */
  async #save(positions: readonly number[], pending: Transaction | undefined): Promise<void> {
    this.#isUnsaved = true;
    const save = ++this.#saves;
    const row = this.#row(positions, pending, pending?.number ?? this.#number);
    await this.#home.save(row);
    this.#number = Math.max(this.#number, row.transactionNumber);
    if (save === this.#saves) this.#isUnsaved = false;
  }

  #row(positions: readonly number[], pending: Transaction | undefined, transactionNumber: number): QueueRow {
    const transaction = pending ? packTransaction(pending) : null;
    const heldTransaction = this.poison.isHeld ? transactionNumber : null;
    const { lastSuccessMs, service } = this;
    return { id: service.id, positions, transactionNumber, transaction, lastSuccessMs, heldTransaction };
  }

  #collect(from: readonly number[]): Promise<Collected> {
    const { context, interests, typing } = this.#home;
    const nowMs = context.clock.wallMs();
    const reader = { context, service: this.service, interests, typing, sentUpTo: from, nowMs, isFresh: false };
    return collectTransaction(reader, this.#firstShard++);
  }

  async #send({ number, body, eventIds }: Transaction): Promise<void> {
    const { context, metrics, signal } = this.#home;
    const { id, url } = this.service.registration;
    if (url === null) throw new AppserviceError('the registration has no url');
    this.#sending = new AbortController();
    this.#wasHeard = false;
    try {
      const { status } = await callAppservice(context, this.service, {
        ...{ operation: 'sendTransaction', parameter: String(number), body, timeoutMs: transactionTimeoutMs },
        signal: AbortSignal.any([signal, this.#sending.signal]),
      });
      if (status < 200 || status >= 300) {
        throw new AppserviceError(`it answered with status ${status}`, false, status);
      }
    } finally {
      this.#sending = undefined;
    }
    this.failures = 0;
    this.lastError = undefined;
    this.lastSuccessMs = context.clock.wallMs();
    if (this.poison.release()) context.log.info({ service: id }, 'an application service takes its transactions again');
    metrics.transactions.add({ service: id, result: 'acknowledged' });
    metrics.events.add({ service: id }, eventIds.length);
  }

  async #handleFailure(error: unknown): Promise<void> {
    const { context, metrics } = this.#home;
    const { id } = this.service;
    if (error instanceof AppserviceError) {
      this.failures++;
      this.lastError = error.message;
      metrics.transactions.add({ service: id, result: 'failed' });
      context.log.warn(
        { service: id, failures: this.failures, problem: error.message },
        'an application service was not reached',
      );
      if (await this.#isHeldBack(error)) return this.#retryIn(heldRetryMs);
      const doublings = this.#wasHeard ? 0 : Math.min(this.failures - 1, 10);
      const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** doublings);
      // Never longer than the longest, and not all at the same time.
      return this.#retryIn(waitMs * (0.5 + context.random.fraction() / 2));
    }
    const isOutage = isDatabaseOutage(error) || (error instanceof MatrixError && error.status === 503);
    if (!isOutage) context.log.error({ service: id, err: error }, 'sending to an application service failed');
    this.#next = undefined;
    this.#retryIn(isOutage ? databaseRetryMs : 10 * databaseRetryMs);
  }

  async #isHeldBack({ status }: AppserviceError): Promise<boolean> {
    const { context } = this.#home;
    const attempt = { transaction: this.#pending?.number ?? 0, status };
    if (await this.poison.note(attempt, context.clock.monotonicMs(), () => this.#answersPing())) {
      // With what is saved next; a loss costs the half hour once more.
      this.#isUnsaved = true;
      context.log.error(
        { service: this.service.id, status, firstEvent: this.#pending?.eventIds[0] },
        'an application service is well and refuses the same transaction again and again: it is tried once an hour',
      );
    }
    return this.poison.isHeld;
  }

  async #answersPing(): Promise<boolean> {
    const { context, signal } = this.#home;
    try {
      const question = { operation: 'ping', body: '{}', timeoutMs: pingTimeoutMs, signal } as const;
      const { status } = await callAppservice(context, this.service, question);
      return status >= 200 && status < 300;
    } catch (error) {
      if (error instanceof AppserviceError) return false;
      throw error;
    }
  }

  #retryIn(waitMs: number): void {
    if (this.isPaused || this.#isOver) return;
    const { clock } = this.#home.context;
    this.#retryAtMs = clock.monotonicMs() + waitMs;
    this.#retry = clock.startTimer(waitMs, () => {
      this.#retry = undefined;
      this.wake();
    });
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }
}
