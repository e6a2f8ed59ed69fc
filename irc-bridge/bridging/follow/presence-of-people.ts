import type { Timer } from '@holdfast/effects/clock.ts';
import { formatOfIrc } from '../../formatting/format-of-irc.ts';
import type { IrcPresence } from '../../irc/irc-network.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { setPresence } from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';

/** One request each so many milliseconds, over all networks: whatever happens on IRC, the homeserver is not pressed. */
const everyMs = 100;
/** What the homeserver is told counts there for half an hour. */
const againAfterMs = 10 * 60_000;
const maxWaiting = 10_000;
const maxRemembered = 20_000;
const longestMessage = 200;

const stateOf = { here: 'online', away: 'unavailable', gone: 'offline' } as const;

interface Person {
  readonly network: string;
  /** Folded. */
  readonly nick: string;
}

interface Told extends Person {
  /** The state and the message. */
  readonly what: string;
  readonly atMs: number;
}

/**
 * Tells the homeserver who of IRC is there and who is away, of networks with `presence: true`. Who has changed waits for its
 * turn, once, and is told of as it is then; so a storm of changes costs what its people cost.
 */
export class PresenceOfPeople {
  readonly #context: BridgeContext;
  /** By user id, in the order of their turns. */
  readonly #waiting = new Map<string, Person>();
  readonly #told = new Map<string, Told>();
  #timer: Timer | undefined;
  #isTelling = false;
  #isClosed = false;

  constructor(context: BridgeContext) {
    this.#context = context;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Something may be another way with somebody of IRC. */
  note(network: string, nick: string): void {
    const { irc, config } = networkOf(this.#context, network);
    if (!config.presence || this.#isClosed || irc.isBot(nick) || irc.userOf(nick) !== undefined) return;
    const folded = irc.fold(nick);
    const userId = this.#context.puppets.userIdOf(network, folded);
    if (this.#isTold(userId, whatOf(irc.presenceOf(nick)))) return;
    if (this.#waiting.size < maxWaiting) this.#waiting.set(userId, { network, nick: folded });
    this.#schedule();
  }

  /** The bot knows who is in a channel: of its room’s people it is not known what the homeserver was told. */
  async noteRoom(portal: Portal): Promise<void> {
    if (!networkOf(this.#context, portal.network).config.presence) return;
    for (const nick of (await this.#context.puppets.inRoom(portal.roomId)).values()) this.note(portal.network, nick);
  }

  /** Tells once more, in time, of those who are there. */
  repeat(): void {
    for (const { network, nick, what, atMs } of this.#told.values()) {
      if (what !== 'offline ' && this.#isOld(atMs)) this.note(network, nick);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  #isTold(userId: string, what: string): boolean {
    const told = this.#told.get(userId);
    // Nobody has to be told that somebody is away of whom nothing was ever said.
    if (!told) return what === 'offline ';
    return told.what === what && (what === 'offline ' || !this.#isOld(told.atMs));
  }

  #isOld(atMs: number): boolean {
    return this.#context.clock.monotonicMs() - atMs > againAfterMs;
  }

  #schedule(): void {
    if (this.#timer || this.#isTelling || this.#isClosed || this.#waiting.size === 0) return;
    this.#timer = this.#context.clock.startTimer(everyMs, () => {
      this.#timer = undefined;
      this.#isTelling = true;
      void this.#tellNext().finally(() => {
        this.#isTelling = false;
        this.#schedule();
      });
    });
  }

  /** What cannot be told now is told with the next change, or in ten minutes. */
  async #tellNext(): Promise<void> {
    const [userId, person] = this.#waiting.entries().next().value ?? [];
    if (userId === undefined || !person) return;
    this.#waiting.delete(userId);
    const { matrix, puppets, log, clock } = this.#context;
    const { irc } = networkOf(this.#context, person.network);
    // Nothing is known of anybody while the bot is away.
    if (!irc.isConnected) return;
    try {
      if (!this.#told.has(userId) && !(await puppets.isKnown(person.network, person.nick))) return;
      const presence = irc.presenceOf(person.nick);
      const message = formatOfIrc(presence.message).body.slice(0, longestMessage).toWellFormed();
      if (this.#told.size >= maxRemembered) this.#told.clear();
      this.#told.set(userId, { ...person, what: whatOf(presence), atMs: clock.monotonicMs() });
      await setPresence(matrix, userId, stateOf[presence.state], message);
    } catch (error) {
      // A homeserver that tells no presence refuses it: then it is asked seldom.
      if (!isRefusal(error)) this.#told.delete(userId);
      log.debug({ err: error, userId }, 'the presence of somebody of IRC could not be told');
    }
  }
}

function whatOf({ state, message }: IrcPresence): string {
  return `${stateOf[state]} ${message}`;
}
