import type { IrcLine } from '../lines/irc-line.ts';

interface DeputiesOptions {
  readonly fold: (name: string) => string;
  readonly isBot: (nick: string) => boolean;
}

/**
 * Which connection of a Matrix user hears for the bot in a channel while the bot is off the network: the first of those that
 * have seen it quit, until that one sees it come. A server tells everybody of a channel the same in the same order, so nothing is heard
 * twice, and nothing is missed but while a server has not noticed yet that the bot is gone.
 */
export class Deputies {
  readonly #options: DeputiesOptions;
  /** By channel, folded: whose connections have seen the bot leave, in this order. */
  readonly #channels = new Map<string, Set<string>>();

  /** Where the bot was put out nobody goes on in its place. */
  readonly #putOut = new Set<string>();

  constructor(options: DeputiesOptions) {
    this.#options = options;
  }

  /** What a user’s connection sees of the bot. `joined`: the channels where it is, folded. */
  follow({ command, source, parameters }: IrcLine, userId: string, joined: ReadonlySet<string>): void {
    // Every line of every connection comes here.
    if (command !== 'QUIT' && command !== 'JOIN' && command !== 'KICK') return;
    const { fold, isBot } = this.#options;
    const [channel = '', kicked = ''] = parameters;
    const nick = source?.nick ?? '';
    if (command === 'KICK' && isBot(kicked) && joined.has(fold(channel))) this.#putOut.add(fold(channel));
    if (nick === '' || !isBot(nick)) return;
    if (command === 'QUIT') {
      for (const each of joined) if (!this.#putOut.has(each)) this.#sawLeave(each, userId);
    } else if (command === 'JOIN') this.#sawCome(fold(channel), userId);
  }

  /** Nobody hears for the bot. */
  get isIdle(): boolean {
    return this.#channels.size === 0;
  }

  /** Whether what a user’s connection hears in a channel is to be taken for what the bot would have heard. */
  hears(channel: string, userId: string): boolean {
    return this.#channels.get(this.#options.fold(channel))?.values().next().value === userId;
  }

  /** A user’s connection is not in a channel any more; undefined: in none. */
  forget(userId: string, channel?: string): void {
    const names = channel === undefined ? [...this.#channels.keys()] : [this.#options.fold(channel)];
    for (const name of names) {
      const users = this.#channels.get(name);
      users?.delete(userId);
      if (users?.size === 0) this.#channels.delete(name);
    }
  }

  #sawLeave(channel: string, userId: string): void {
    const users = this.#channels.get(channel) ?? new Set<string>();
    this.#channels.set(channel, users.add(userId));
  }

  #sawCome(channel: string, userId: string): void {
    this.#putOut.delete(channel);
    // The others may see it later, and have nobody to hear for.
    if (this.hears(channel, userId)) this.#channels.delete(channel);
    else this.forget(userId, channel);
  }
}
