import type { Clock } from '@holdfast/effects/clock.ts';
import type { LastingConnection } from './lasting-connection.ts';

/** How long a nick stays known as its user's after the connection ended, unless the bot sees it go before. */
const afterglowMs = 60_000;
/** Nicks that are known for so long after all; more are forgotten at once. */
const maxGlowing = 5_000;

/**
 * The connections of Matrix users, and whose nick is whose. A nick is known until the bot's connection has seen it go:
 * what was said under it may be on its way to the bot still, and must not be taken for somebody else's.
 */
export class UserConnections {
  readonly #clock: Clock;
  readonly #fold: (nick: string) => string;
  readonly #connections = new Map<string, LastingConnection>();
  readonly #users = new Map<string, string>();
  #glowing = 0;

  constructor(clock: Clock, fold: (nick: string) => string) {
    this.#clock = clock;
    this.#fold = fold;
  }

  get size(): number {
    return this.#connections.size;
  }

  values(): Iterable<LastingConnection> {
    return this.#connections.values();
  }

  /** Whose connections they are. */
  list(): string[] {
    return [...this.#connections.keys()];
  }

  get(userId: string): LastingConnection | undefined {
    return this.#connections.get(userId);
  }

  set(userId: string, connection: LastingConnection): void {
    this.#connections.set(userId, connection);
  }

  delete(userId: string, connection: LastingConnection): void {
    if (this.#connections.get(userId) === connection) this.#connections.delete(userId);
  }

  userOf(nick: string): string | undefined {
    return this.#users.get(this.#fold(nick));
  }

  /** The user's connection has this nick now. */
  hasNick(userId: string, nick: string): void {
    this.#users.set(this.#fold(nick), userId);
  }

  /** The user's connection has this nick no longer. */
  losesNick(userId: string, nick: string): void {
    if (this.#glowing >= maxGlowing) return this.#forget(userId, nick);
    this.#glowing += 1;
    this.#clock.startTimer(afterglowMs, () => {
      this.#glowing -= 1;
      this.#forget(userId, nick);
    });
  }

  /** The bot saw somebody leave this nick. */
  sawGo(nick: string): void {
    const userId = this.userOf(nick);
    if (userId !== undefined) this.#forget(userId, nick);
  }

  #forget(userId: string, nick: string): void {
    const folded = this.#fold(nick);
    const current = this.#connections.get(userId)?.connection?.nick;
    if (current !== undefined && this.#fold(current) === folded) return;
    if (this.#users.get(folded) === userId) this.#users.delete(folded);
  }
}
