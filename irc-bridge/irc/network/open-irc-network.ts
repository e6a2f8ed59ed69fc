import { splitText } from '../../formatting/split-text.ts';
import type { OutgoingCommand } from '../connection/irc-connection.ts';
import type { CommandAnswer } from '../connection/pending-answers.ts';
import type { IrcEvent } from '../irc-event.ts';
import {
  type ChannelMember,
  defaultIrcLimits,
  type IrcLimits,
  type IrcNetwork,
  type IrcNetworkOptions,
  type IrcPresence,
  type ReceiveIrcEvent,
  type SpokenLine,
  type UserWishes,
} from '../irc-network.ts';
import { IrcRefusal } from '../irc-refusal.ts';
import { toOneLine } from '../lines/irc-line.ts';
import { matchesMask } from '../lines/match-mask.ts';
import { foldName, rfcFeatures } from '../lines/network-features.ts';
import { sourceAddress } from '../source-address.ts';
import { askWhois } from './ask-whois.ts';
import { BotConnection } from './bot-connection.ts';
import { ConnectPace } from './connect-pace.ts';
import { Deputies } from './deputies.ts';
import { LastingConnection } from './lasting-connection.ts';
import { createNetworkMetrics, type NetworkMetrics } from './network-metrics.ts';
import { readUserLine } from './read-user-line.ts';
import { UserConnections } from './user-connections.ts';

/** No such channel, or one that we are not in. */
const notThere: ReadonlySet<string> = new Set(['403', '442']);
const lastWordsMs = 2_000;
/** WHOIS that wait for their answers: others may ask as many as they like, and what the bot says has the queue. */
const maxAsked = 20;
/** What others see of a connection whose host is not known yet, at most. */
const assumedMaskBytes = 80;

/** Opens a network; `receive` is given its events from `start` on. */
export function openIrcNetwork(options: IrcNetworkOptions, receive: ReceiveIrcEvent): IrcNetwork {
  return new ConnectedNetwork(options, receive);
}

class ConnectedNetwork implements IrcNetwork {
  readonly id: string;
  readonly #options: IrcNetworkOptions;
  readonly #limits: IrcLimits;
  readonly #receive: ReceiveIrcEvent;
  readonly #pace: ConnectPace;
  readonly #metrics: NetworkMetrics;
  readonly #users: UserConnections;
  readonly #bot: BotConnection;
  readonly #deputies: Deputies;
  readonly #epoch: string;
  #messages = 0;
  #asked = 0;

  constructor(options: IrcNetworkOptions, receive: ReceiveIrcEvent) {
    const { id, clock, random } = options;
    this.id = id;
    this.#options = options;
    this.#limits = { ...defaultIrcLimits, ...options.limits };
    this.#receive = receive;
    this.#pace = new ConnectPace(clock, this.#limits.connectPaceMs);
    this.#epoch = random.token(9);
    this.#users = new UserConnections(clock, (name) => this.fold(name));
    this.#deputies = new Deputies({ fold: (name) => this.fold(name), isBot: (nick) => this.isBot(nick) });
    this.#metrics = createNetworkMetrics(options.metrics, () => [{ network: id, ...this.describe() }]);
    this.#bot = new BotConnection({
      ...{ network: options, limits: this.#limits, users: this.#users },
      tell: (event) => {
        if (event.kind === 'kick') this.#putOut(event.nick, event.channel);
        this.#tell(event);
      },
      nextIdentity: () => this.#nextIdentity(),
      onFault: (kind) => this.#metrics.faults.add({ network: id, kind }),
    });
  }

  get isConnected(): boolean {
    return this.#bot.lasting.connection !== undefined;
  }

  get nickLength(): number {
    return this.#features.nickLength;
  }

  get #features() {
    return this.#bot.lasting.connection?.features ?? this.#bot.lastFeatures ?? rfcFeatures;
  }

  noteTaken(channel: string, untilMs: number): void {
    this.#bot.noteTaken(channel, untilMs);
  }

  start(): void {
    void this.#bot.lasting.start().catch(() => {});
  }

  async close(reason: string): Promise<void> {
    const all = [this.#bot.lasting, ...this.#users.values()];
    const ends = all.flatMap(({ connection }) => (connection ? [connection.ended] : []));
    for (const each of all) each.stop(reason);
    this.#bot.close();
    await Promise.race([Promise.all(ends), this.#options.clock.sleep(lastWordsMs)]);
  }

  fold(name: string): string {
    return foldName(name, this.#features.caseMapping);
  }

  splitText(speaker: string | undefined, target: string, text: string, maxLines?: number): string[] {
    // As much as an action has room for, which has the least.
    return splitText(text, this.#roomFor(speaker, target, 'action'), maxLines);
  }

  async say({ speaker, target, kind, text }: SpokenLine): Promise<{ readonly identity: string | undefined }> {
    const room = this.#roomFor(speaker, target, kind);
    const [line = ''] = splitText(toOneLine(text).replaceAll('\u0001', ''), room);
    if (line === '') throw new IrcRefusal('there was nothing to say');
    const said = kind === 'action' ? `\u0001ACTION ${line}\u0001` : line;
    const command = kind === 'notice' ? 'NOTICE' : 'PRIVMSG';
    const { identity } = await this.#run(speaker, {
      ...{ command, parameters: [oneTarget(target), said], about: target, lane: this.fold(target), echoText: said },
    });
    this.#metrics.said.add({ network: this.id });
    return { identity };
  }

  async connectUser(userId: string, wishes: UserWishes): Promise<void> {
    const found = this.#users.get(userId);
    if (found?.connection) return;
    // Somebody waits already: the connection comes, or not, for both.
    if (found) return found.start();
    if (this.#users.size >= this.#limits.connections) throw new IrcRefusal('no more people can be connected');
    const lasting = this.#makeUserConnection(userId, wishes);
    this.#users.set(userId, lasting);
    await lasting.start();
  }

  disconnectUser(userId: string, reason: string): void {
    const lasting = this.#users.get(userId);
    if (!lasting) return;
    const nick = lasting.connection?.nick;
    lasting.stop(reason);
    this.#users.delete(userId, lasting);
    if (nick !== undefined) this.#users.losesNick(userId, nick);
  }

  nickOf(userId: string): string | undefined {
    return this.#users.get(userId)?.connection?.nick;
  }

  userOf(nick: string): string | undefined {
    return this.#users.userOf(nick);
  }

  isBot(nick: string): boolean {
    return this.fold(nick) === this.fold(this.#bot.nick);
  }

  async join(userId: string | undefined, channel: string, key?: string): Promise<void> {
    const lasting = this.#lastingOf(userId);
    const parameters = key === undefined ? [oneTarget(channel)] : [oneTarget(channel), oneTarget(key)];
    const wanted = lasting.channels.get(this.fold(channel));
    lasting.channels.set(this.fold(channel), { name: channel, key });
    if (userId === undefined ? this.#bot.channels.has(channel) : lasting.joined.has(this.fold(channel))) return;
    try {
      await this.#run(userId, { command: 'JOIN', parameters, about: channel, lane: '' });
    } catch (error) {
      if (error instanceof IrcRefusal && !wanted) lasting.channels.delete(this.fold(channel));
      throw error;
    }
  }

  async part(userId: string | undefined, channel: string, reason: string): Promise<void> {
    this.#lastingOf(userId).channels.delete(this.fold(channel));
    try {
      const parameters = this.#cutLast([oneTarget(channel), reason], this.#features.kickLength);
      await this.#run(userId, { command: 'PART', parameters, about: channel, lane: '' });
    } catch (error) {
      if (!(error instanceof IrcRefusal && notThere.has(error.code))) throw error;
    }
  }

  async changeNick(userId: string, nick: string): Promise<void> {
    await this.#run(userId, { command: 'NICK', parameters: [oneTarget(nick)], about: nick, lane: '' });
  }

  async whois(nick: string): Promise<string[]> {
    const bot = this.#bot.lasting.require();
    if (this.#asked >= maxAsked) throw new IrcRefusal('too much is asked of the network; try again later');
    this.#asked += 1;
    try {
      return await askWhois(bot, oneTarget(nick));
    } finally {
      this.#asked -= 1;
    }
  }

  async setTopic(userId: string | undefined, channel: string, topic: string): Promise<void> {
    const parameters = this.#cutLast([oneTarget(channel), topic], this.#features.topicLength);
    await this.#run(userId, { command: 'TOPIC', parameters, about: channel, lane: this.fold(channel) });
  }

  async kick(channel: string, nick: string, reason: string, userId?: string): Promise<void> {
    const parameters = this.#cutLast([oneTarget(channel), oneTarget(nick), reason], this.#features.kickLength);
    await this.#run(userId, { command: 'KICK', parameters, about: channel, lane: this.fold(channel) });
  }

  async invite(channel: string, nick: string, userId?: string): Promise<void> {
    const parameters = [oneTarget(nick), oneTarget(channel)];
    await this.#run(userId, { command: 'INVITE', parameters, about: nick, lane: this.fold(channel) });
  }

  async setMode(channel: string, modes: string, userId?: string): Promise<void> {
    const words = toOneLine(modes)
      .split(' ')
      .filter((each) => each !== '' && !each.startsWith(':'));
    await this.#run(userId, {
      ...{ command: 'MODE', parameters: [oneTarget(channel), ...words], about: channel, lane: this.fold(channel) },
    });
  }

  channelModes(channel: string): ReadonlyMap<string, string> {
    return this.#bot.channels.modes(channel);
  }

  topic(channel: string): string {
    return this.#bot.channels.topic(channel);
  }

  usersMatching(mask: string): string[] {
    const folded = this.fold(mask);
    return this.#users.list().filter((userId) => {
      const { nick, mask: address } = this.#users.get(userId)?.connection ?? {};
      return nick !== undefined && matchesMask(this.fold(`${nick}!${address ?? ''}`), folded);
    });
  }

  idleUsers(idleMs: number): string[] {
    const beforeMs = this.#options.clock.monotonicMs() - idleMs;
    return this.#users.list().filter((userId) => (this.#users.get(userId)?.lastUsedMs ?? beforeMs) < beforeMs);
  }

  presenceOf(nick: string): IrcPresence {
    const { channels } = this.#bot;
    if (!channels.isAnywhere(nick)) return { state: 'gone', message: '' };
    const message = channels.awayOf(nick);
    return message === undefined ? { state: 'here', message: '' } : { state: 'away', message };
  }

  members(channel: string): readonly ChannelMember[] {
    return this.#bot.channels.members(channel);
  }

  describe() {
    const all = [this.#bot.lasting, ...this.#users.values()];
    return {
      isConnected: this.isConnected,
      server: this.#bot.lasting.server,
      userConnections: [...this.#users.values()].filter(({ connection }) => connection).length,
      waitingLines: all.reduce((sum, { connection }) => sum + (connection?.queuedLines ?? 0), 0),
      problem: this.isConnected ? undefined : this.#bot.lasting.problem,
    };
  }

  #lastingOf(userId: string | undefined): LastingConnection {
    const lasting = userId === undefined ? this.#bot.lasting : this.#users.get(userId);
    if (!lasting) throw new IrcRefusal('you are not connected to this network');
    return lasting;
  }

  async #run(userId: string | undefined, command: OutgoingCommand): Promise<CommandAnswer> {
    const lasting = this.#lastingOf(userId);
    lasting.lastUsedMs = this.#options.clock.monotonicMs();
    return lasting.require().run(command);
  }

  /** Parameters of which the last, a text, has what the network takes of it, and the line with it. */
  #cutLast(parameters: readonly string[], maxBytes: number): string[] {
    const [before, text = ''] = [parameters.slice(0, -1), parameters.at(-1)];
    const roomBytes = this.#features.lineBytes - Buffer.byteLength(`TOPIC ${before.join(' ')} :\r\n`);
    return [...before, cut(text, Math.min(maxBytes, roomBytes))];
  }

  /** Bytes for the text, in the line as the server sends it to others. */
  #roomFor(speaker: string | undefined, target: string, kind: SpokenLine['kind']): number {
    const lasting = speaker === undefined ? this.#bot.lasting : this.#users.get(speaker);
    const connection = lasting?.connection;
    const nickBytes = Math.max(this.nickLength, Buffer.byteLength(connection?.nick ?? ''));
    const maskBytes = Math.max(
      connection?.mask === undefined ? assumedMaskBytes : Buffer.byteLength(connection.mask),
      20,
    );
    const around = Buffer.byteLength(`:!@ PRIVMSG ${target} :\r\n`) + (kind === 'action' ? 9 : 0);
    return Math.max(50, this.#features.lineBytes - nickBytes - maskBytes - around);
  }

  #makeUserConnection(userId: string, wishes: UserWishes): LastingConnection {
    const { bot, userPrefix } = this.#options;
    const { nick, username = bot.username, realname = userId, account, password, certificate } = wishes;
    const seed = `${userId} ${wishes.addressSeed ?? ''}`;
    let known: string | undefined;
    const lasting: LastingConnection = new LastingConnection({
      ...{ network: this.#options, limits: this.#limits, pace: this.#pace, persists: false },
      // Nobody is on a network where the bot is not.
      isWorthTrying: () => this.isConnected,
      identity: { nick, username, realname: toOneLine(realname), account, password, certificate },
      localAddress: userPrefix === undefined ? undefined : sourceAddress(userPrefix, seed),
      onFault: (kind) => this.#metrics.faults.add({ network: this.id, kind }),
      onUp: (connection) => {
        known = connection.nick;
        this.#users.hasNick(userId, known);
      },
      onDown: (reason) => {
        if (known !== undefined) this.#users.losesNick(userId, known);
        this.#deputies.forget(userId);
        if (lasting.isStopped) this.#users.delete(userId, lasting);
        this.#tell({ kind: 'user_disconnected', userId, reason, isFinal: lasting.isStopped });
      },
      onLine: (line, connection) => {
        if (known !== undefined && known !== connection.nick) {
          this.#users.losesNick(userId, known);
          known = connection.nick;
          this.#users.hasNick(userId, known);
        }
        readUserLine(line, {
          ...{ connection, userId, lasting, deputies: this.#deputies, clock: this.#options.clock },
          tell: (event) => this.#tell(event),
          putOut: (...who) => this.#putOut(...who),
          nextIdentity: () => this.#nextIdentity(),
        });
      },
    });
    return lasting;
  }

  /**
   * A user is not in a channel any more. Whichever connection learns of it first counts: what the bot tells reaches people
   * of Matrix, who may want to speak there again before the user's own connection has heard of it.
   */
  #putOut(nick: string, channel: string): void {
    const userId = this.#users.userOf(nick);
    const lasting = userId === undefined ? undefined : this.#users.get(userId);
    if (lasting?.joined.delete(this.fold(channel))) lasting.channels.delete(this.fold(channel));
  }

  #nextIdentity(): string {
    this.#messages += 1;
    return `${this.#epoch}-${this.#messages}`;
  }

  #tell(event: IrcEvent): void {
    this.#metrics.events.add({ network: this.id, kind: event.kind });
    this.#receive(event);
  }
}

/** One name: what could be read as several, or as the beginning of a text, is refused. */
function oneTarget(name: string): string {
  // oxlint-disable-next-line no-control-regex
  if (!/^[^\s,:\0\u0007][^\s,\0\u0007]*$/.test(name)) throw new IrcRefusal(`“${toOneLine(name)}” is no name on IRC`);
  return name;
}

function cut(text: string, maxBytes: number): string {
  return splitText(toOneLine(text), Math.max(20, maxBytes))[0] ?? '';
}
