import { openDatabase, type Sql } from '../database/open-database.ts';
import type { PlatformContext } from '../platform-context.ts';

const channel = 'holdfast_log';
/** At most one NOTIFY in this time: each takes a lock that all committing notifiers share. */
const quietMs = 10;

/** What a hint says: a shard has reached a position, or has been freed by its owner. Losing it loses nothing. */
export type Hint = { readonly positions: Readonly<Record<string, number>>; readonly freed?: boolean };

/** Sends and receives hints between processes, on connections of their own and outside of every transaction. */
export class LogHints {
  readonly #context: PlatformContext;
  readonly #sql: Sql;
  #waiting = new Map<number, number>();
  #freed = false;
  #timer: { cancel(): void } | undefined;
  /** False while this is the only process: then nobody listens. */
  hasListeners = true;

  constructor(context: PlatformContext) {
    this.#context = context;
    this.#sql = openDatabase({
      url: context.databaseUrl,
      poolSize: 1,
      applicationName: 'holdfast hints',
      statementTimeoutMs: 2_000,
    });
  }

  async listen(receive: (hint: Hint) => void): Promise<void> {
    if (!this.#context.config.process.hints) return;
    await this.#sql.listen(channel, (payload) => {
      const hint = parseHint(payload);
      if (hint) receive(hint);
    });
  }

  announce(shard: number, position: number): void {
    this.#waiting.set(shard, position);
    this.#schedule(quietMs);
  }

  announceFreed(): void {
    this.#freed = true;
    this.#schedule(0);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    if (this.#freed) await this.#send();
    await this.#sql.end({ timeout: 1 });
  }

  #schedule(delayMs: number): void {
    if (!this.#context.config.process.hints || !this.hasListeners || this.#timer) return;
    this.#timer = this.#context.clock.startTimer(delayMs, () => {
      this.#timer = undefined;
      this.#send().catch(() => {});
    });
  }

  async #send(): Promise<void> {
    const hint: Hint = { positions: Object.fromEntries(this.#waiting), ...(this.#freed && { freed: true }) };
    this.#waiting = new Map();
    this.#freed = false;
    await this.#sql.notify(channel, JSON.stringify(hint));
  }
}

function parseHint(payload: string): Hint | undefined {
  try {
    const hint = JSON.parse(payload) as Hint;
    return typeof hint.positions === 'object' ? hint : undefined;
  } catch {
    return undefined;
  }
}
