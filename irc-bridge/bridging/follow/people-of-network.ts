import type { Timer } from '@holdfast/effects/clock.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { TooManyNewAccounts } from '../people/new-accounts.ts';

/** Memberships that are changed at once, over all networks: a storm becomes a queue. */
const maxActive = 4;
const maxQueued = 100_000;
/** Who waits for an account is looked for again no sooner than this. */
const shortestWaitMs = 60_000;

/**
 * Who of IRC is in which room, decided as a whole: after the bridge comes back, and after a netsplit, the channel's list
 * is compared with the room's. Those who are missing leave after `leave_after_ms`, so nobody leaves and comes again
 * because servers lost each other.
 */
export class PeopleOfNetworks {
  readonly #context: BridgeContext;
  readonly #queue: (() => Promise<void>)[] = [];
  #active = 0;
  readonly #timers = new Map<string, Timer>();
  /** By room: when those are brought in for whom no account could be made. */
  readonly #waits = new Map<string, Timer>();

  constructor(context: BridgeContext) {
    this.#context = context;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Compares a channel with its room: now who is to join, later who is to leave. */
  compare(portal: Portal): void {
    this.#bringIn(portal);
    this.expectBack(portal);
  }

  /** Accounts can be made for those who are missing, or for some of them, after so long. One look is for all of them. */
  bringInLater(portal: Portal, afterMs: number): void {
    if (this.#waits.has(portal.roomId)) return;
    const timer = this.#context.clock.startTimer(Math.max(afterMs, shortestWaitMs), () => {
      this.#waits.delete(portal.roomId);
      const current = this.#context.portals.ofRoom(portal.roomId);
      if (current) this.#bringIn(current);
    });
    this.#waits.set(portal.roomId, timer);
  }

  #bringIn(portal: Portal): void {
    const { irc, config } = networkOf(this.#context, portal.network);
    if (config.members !== 'full') return;
    for (const { nick } of irc.members(portal.displayTarget)) {
      if (irc.isBot(nick) || irc.userOf(nick) !== undefined) continue;
      const person = { network: portal.network, nick: irc.fold(nick), displayName: nick, isSilent: true };
      this.#enqueue(async () => {
        try {
          await this.#context.puppets.ensureJoined(portal.roomId, person);
        } catch (error) {
          if (!(error instanceof TooManyNewAccounts)) throw error;
          this.bringInLater(portal, error.retryAfterMs);
        }
      });
    }
  }

  /** Some may be missing: looks after the time in which they may come back. One look is enough for all of them. */
  expectBack(portal: Portal): void {
    if (this.#timers.has(portal.roomId)) return;
    const { config } = networkOf(this.#context, portal.network);
    const timer = this.#context.clock.startTimer(config.leaveAfterMs, () => {
      this.#timers.delete(portal.roomId);
      void this.#removeMissing(portal);
    });
    this.#timers.set(portal.roomId, timer);
  }

  close(): void {
    for (const timer of [...this.#timers.values(), ...this.#waits.values()]) timer.cancel();
    this.#queue.length = 0;
  }

  async #removeMissing(portal: Portal): Promise<void> {
    const { irc } = networkOf(this.#context, portal.network);
    // While the bot is away nobody can be seen, and nobody is taken for gone.
    if (!irc.isConnected) return this.expectBack(portal);
    const present = new Set(irc.members(portal.displayTarget).map(({ nick }) => irc.fold(nick)));
    if (present.size === 0) return;
    for (const [userId, nick] of await this.#context.puppets.inRoom(portal.roomId)) {
      if (!present.has(nick)) this.#enqueue(() => this.#context.puppets.leave(portal.roomId, userId));
    }
  }

  #enqueue(work: () => Promise<void>): void {
    if (this.#queue.length >= maxQueued) return;
    this.#queue.push(work);
    if (this.#active < maxActive) void this.#run();
  }

  async #run(): Promise<void> {
    this.#active += 1;
    for (let work = this.#queue.shift(); work; work = this.#queue.shift()) {
      await work().catch((error: unknown) => {
        this.#context.log.warn({ err: error }, 'a membership could not be changed; the next comparison finds it');
      });
    }
    this.#active -= 1;
  }
}
