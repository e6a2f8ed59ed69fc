import type { Clock } from '@holdfast/effects/clock.ts';
import type { NetworkConfig } from '../../configuration/bridge-config.ts';
import { MatrixRequestError } from '../../matrix/matrix-request-error.ts';
import type { BridgeSql } from '../../storage/open-bridge-database.ts';
import { readNewPuppets } from '../../storage/puppets-and-users.ts';

/** How many accounts a network may have made for its people, in how long. */
export interface NewAccountsBound {
  readonly most: number;
  readonly windowMs: number;
}

/** Somebody is to become a user, and the network has had as many new ones as it may: to be tried again later. */
export class TooManyNewAccounts extends MatrixRequestError {
  declare readonly retryAfterMs: number;

  constructor(nick: string, retryAfterMs: number) {
    const minutes = Math.max(1, Math.ceil(retryAfterMs / 60_000));
    const words = `${nick} is new to the bridge, which makes no more accounts for this network now; in ${minutes} min it does.`;
    super(0, 'TOO_MANY_NEW_ACCOUNTS', words, retryAfterMs);
  }
}

/**
 * Bounds how many accounts are made for the people of a network in a window of time, whatever its nicks are changed to. Who
 * is there without saying anything has half of that, so that those who speak are not kept waiting by them.
 */
export class NewAccounts {
  readonly #sql: BridgeSql;
  readonly #clock: Clock;
  readonly #bounds: ReadonlyMap<string, NewAccountsBound>;
  /** By network: nicks for which an account was made, with when that was, oldest first; at most as many as the bound. */
  readonly #made = new Map<string, Promise<Map<string, number>>>();

  constructor(sql: BridgeSql, clock: Clock, networks: readonly NetworkConfig[]) {
    this.#sql = sql;
    this.#clock = clock;
    const bounds = networks.map(({ id, maxNewAccounts: most, newAccountsWindowMs: windowMs }) => {
      return [id, { most, windowMs }] as const;
    });
    this.#bounds = new Map(bounds);
  }

  /** Takes a place for an account; a nick that has one keeps it. Throws TooManyNewAccounts. */
  async take(network: string, nick: string, isSpeaking: boolean): Promise<void> {
    const bound = this.#bounds.get(network);
    if (!bound) return;
    const made = await this.#read(network, bound);
    if (made.has(nick)) return;
    const most = isSpeaking ? bound.most : Math.ceil(bound.most / 2);
    if (made.size >= most) {
      const untilMs = [...made.values()][made.size - most] ?? 0;
      throw new TooManyNewAccounts(nick, untilMs + bound.windowMs - this.#clock.monotonicMs());
    }
    made.set(nick, this.#clock.monotonicMs());
  }

  /** There is no account after all. */
  async giveBack(network: string, nick: string): Promise<void> {
    (await this.#made.get(network))?.delete(nick);
  }

  /** How many were made in the window that ends now, and how many may be. */
  async measure(network: string): Promise<NewAccountsBound & { readonly made: number }> {
    const bound = this.#bounds.get(network) ?? { most: 0, windowMs: 0 };
    return { made: (await this.#read(network, bound)).size, ...bound };
  }

  async #read(network: string, bound: NewAccountsBound): Promise<Map<string, number>> {
    let reading = this.#made.get(network);
    if (!reading) {
      reading = this.#load(network, bound);
      this.#made.set(network, reading);
      reading.catch(() => this.#made.delete(network));
    }
    const made = await reading;
    const endMs = this.#clock.monotonicMs() - bound.windowMs;
    for (const [nick, atMs] of made) {
      if (atMs > endMs) break;
      made.delete(nick);
    }
    return made;
  }

  /** Those of before a restart count, too. */
  async #load(network: string, { most, windowMs }: NewAccountsBound): Promise<Map<string, number>> {
    const puppets = await readNewPuppets(this.#sql, network, windowMs, most);
    const nowMs = this.#clock.monotonicMs();
    return new Map(puppets.map(({ nick, ageMs }) => [nick, nowMs - ageMs]));
  }
}
