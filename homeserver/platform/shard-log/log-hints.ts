import { withDeadline } from '@holdfast/effects/deadline.ts';
import { openDatabase, type Sql } from '../database/open-database.ts';
import type { PlatformContext } from '../platform-context.ts';
import type { ShardOwner } from './shard-owners.ts';

const channel = 'holdfast_log';
/** At most one NOTIFY in this time: each takes a lock that all committing notifiers share. */
const quietMs = 10;
const sendTimeoutMs = 2_000;
/** Beyond that the others look: PostgreSQL takes hints of up to 8,000 bytes. */
const maxHandedOver = 20;

/** What a hint says: shards have reached positions, or shards have changed hands. Losing it loses nothing. */
export interface Hint {
  readonly positions: Readonly<Record<string, number>>;
  /** A shard was freed or taken: look at the leases now. */
  readonly ownersChanged?: boolean;
  /** Shards that have just been handed over, to whom, and from which epoch on. */
  readonly handedOver?: Readonly<Record<string, ShardOwner & { readonly epoch: number }>>;
}

/** Sends and receives hints between processes, on connections of their own and outside of every transaction. */
export class LogHints {
  readonly #context: PlatformContext;
  readonly #sender: string;
  readonly #sql: Sql;
  #positions = new Map<number, number>();
  #ownersChanged = false;
  #handedOver = new Map<number, ShardOwner & { readonly epoch: number }>();
  #timer: { cancel(): void } | undefined;
  #sending = false;
  /** False while this is the only process: then nobody listens. */
  hasListeners = true;

  constructor(context: PlatformContext, sender: string) {
    this.#context = context;
    this.#sender = sender;
    this.#sql = openDatabase({
      url: context.databaseUrl,
      poolSize: 1,
      applicationName: 'holdfast hints',
      statementTimeoutMs: sendTimeoutMs,
    });
  }

  /** Calls `receive` with the hints of other processes. After a lost connection the client listens again by itself. */
  async listen(receive: (hint: Hint) => void): Promise<void> {
    if (!this.#context.config.process.hints) return;
    await this.#sql.listen(channel, (payload) => {
      const hint = parseHint(payload);
      if (hint && hint.sender !== this.#sender) receive(hint);
    });
  }

  announcePosition(shard: number, position: number): void {
    this.#positions.set(shard, position);
    this.#schedule(quietMs);
  }

  announceOwners(): void {
    this.#ownersChanged = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#schedule(0);
  }

  announceHandOver(shard: number, owner: ShardOwner, epoch: number): void {
    if (this.#handedOver.size < maxHandedOver) this.#handedOver.set(shard, { ...owner, epoch });
    this.announceOwners();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    if (this.#ownersChanged && this.#context.config.process.hints) await this.#send();
    await this.#sql.end({ timeout: 1 });
  }

  #schedule(delayMs: number): void {
    if (!this.#context.config.process.hints || !this.hasListeners || this.#timer || this.#sending) return;
    this.#timer = this.#context.clock.startTimer(delayMs, () => {
      this.#timer = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const hint: Hint & { sender: string } = {
      sender: this.#sender,
      positions: Object.fromEntries(this.#positions),
      ...(this.#ownersChanged && { ownersChanged: true }),
      ...(this.#handedOver.size > 0 && { handedOver: Object.fromEntries(this.#handedOver) }),
    };
    this.#positions = new Map();
    this.#ownersChanged = false;
    this.#handedOver = new Map();
    this.#sending = true;
    try {
      const { clock } = this.#context;
      await withDeadline(this.#sql.notify(channel, JSON.stringify(hint)), sendTimeoutMs, 'sending a hint', { clock });
    } catch {
      // Everybody looks for himself within a second.
    }
    this.#sending = false;
    // What was announced meanwhile.
    if (this.#ownersChanged) this.#schedule(0);
    else if (this.#positions.size > 0) this.#schedule(quietMs);
  }
}

function parseHint(payload: string): (Hint & { sender?: string }) | undefined {
  try {
    const hint = JSON.parse(payload) as Hint & { sender?: string };
    return typeof hint?.positions === 'object' && hint.positions !== null ? hint : undefined;
  } catch {
    return undefined;
  }
}
