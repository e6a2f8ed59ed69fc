import type { IrcConnection } from '../connection/irc-connection.ts';
import { isRefusalCode, refusalInWords } from '../connection/refusal-words.ts';
import type { IrcEvent } from '../irc-event.ts';
import type { IrcLimits, IrcNetworkOptions } from '../irc-network.ts';
import { IrcRefusal } from '../irc-refusal.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { foldName, type NetworkFeatures, rfcFeatures } from '../lines/network-features.ts';
import { answerRequest } from './answer-request.ts';
import { ChannelList } from './channel-list.ts';
import { ConnectPace } from './connect-pace.ts';
import { followBot } from './follow-bot.ts';
import { LastingConnection } from './lasting-connection.ts';
import { Netsplits } from './netsplits.ts';
import { readMessage } from './read-message.ts';
import type { UserConnections } from './user-connections.ts';

interface BotOptions {
  readonly network: IrcNetworkOptions;
  readonly limits: IrcLimits;
  readonly users: UserConnections;
  readonly tell: (event: IrcEvent) => void;
  readonly nextIdentity: () => string;
  readonly onFault: (kind: string) => void;
}

const rejoinMs = 5_000;
const maxBatches = 50;

/** The bot's connection: the one source of what happens in channels. */
export class BotConnection {
  readonly #options: BotOptions;
  readonly #splits: Netsplits;
  /** Batches that are open, with their types. */
  readonly #batches = new Map<string, string>();
  /** When the newest message of a channel was said, for what was missed. */
  readonly #newestMs = new Map<string, number>();
  /** Channels, folded, to which the bot is about to return. */
  readonly #returning = new Set<string>();
  readonly lasting: LastingConnection;
  readonly channels: ChannelList;
  lastFeatures: NetworkFeatures | undefined;
  #lastNick: string | undefined;

  constructor(options: BotOptions) {
    this.#options = options;
    const { network, limits, users, tell, onFault } = options;
    // It does not wait behind its users.
    const pace = new ConnectPace(network.clock, 0);
    const fold = (name: string) => foldName(name, (this.lastFeatures ?? rfcFeatures).caseMapping);
    this.channels = new ChannelList(fold);
    this.#splits = new Netsplits(network.clock, limits.splitWindowMs, fold, tell);
    this.lasting = new LastingConnection({
      ...{ network, limits, pace, identity: network.bot, localAddress: undefined, persists: true, onFault },
      onLine: (line, connection) => this.#read(line, connection),
      onUp: () => {
        for (const user of users.values()) user.hurry();
        tell({ kind: 'connected' });
      },
      onDown: (reason) => {
        this.#splits.flush();
        this.channels.clear();
        this.#batches.clear();
        tell({ kind: 'disconnected', reason });
      },
    });
  }

  /** What the bot is called, or was when it was on the network last. */
  get nick(): string {
    return this.lasting.connection?.nick ?? this.#lastNick ?? this.#options.network.bot.nick;
  }

  noteTaken(channel: string, untilMs: number): void {
    this.#newestMs.set(channel, untilMs);
  }

  close(): void {
    this.#splits.close();
  }

  #read(line: IrcLine, connection: IrcConnection): void {
    this.lastFeatures = connection.features;
    this.#lastNick = connection.nick;
    const { tell, users } = this.#options;
    switch (line.command) {
      case 'PRIVMSG':
      case 'NOTICE':
        return this.#readMessage(line, connection);
      case 'BATCH':
        return this.#readBatch(line);
      case 'INVITE': {
        const [target = '', channel = ''] = line.parameters;
        if (connection.fold(target) !== connection.fold(connection.nick)) return;
        return tell({ kind: 'invite', channel, by: line.source?.nick ?? '', toUser: undefined });
      }
      default:
    }
    if (isRefusalCode(line.command)) this.#readRefusal(line);
    followBot(line, {
      ...{ channels: this.channels, splits: this.#splits, connection, tell },
      onPutOut: (channel, why) => this.#returnTo(channel, why),
      onEntered: (channel) => this.#enter(channel, connection),
    });
    if (line.command === 'QUIT' || line.command === 'NICK') users.sawGo(line.source?.nick ?? '');
  }

  #readMessage(line: IrcLine, connection: IrcConnection): void {
    const { network, tell, nextIdentity } = this.#options;
    const nick = line.source?.nick ?? '';
    if (line.source?.user === undefined || connection.fold(nick) === connection.fold(connection.nick)) return;
    const wallMs = network.clock.wallMs();
    const isHistory = this.#batches.get(line.tags.get('batch') ?? '') === 'chathistory';
    if (!isHistory) answerRequest(line, connection, wallMs);
    const message = readMessage(line, { connection, wallMs, nextIdentity, toUser: undefined, isHistory });
    if (!message) return;
    this.#splits.flushFor(nick);
    const channel = connection.fold(message.channel ?? '');
    // A server may name channels without end.
    if (line.tags.has('time') && this.lasting.channels.has(channel)) this.#newestMs.set(channel, message.saidAtMs);
    tell(message);
  }

  #readBatch(line: IrcLine): void {
    const [reference = '', type = ''] = line.parameters;
    const id = reference.slice(1);
    if (reference.startsWith('+')) {
      if (this.#batches.size < maxBatches) this.#batches.set(id, type.replace('draft/', ''));
      return;
    }
    const ended = this.#batches.get(id);
    this.#batches.delete(id);
    if (ended === 'netsplit' || ended === 'netjoin') this.#splits.flush();
  }

  /** The bot is in a channel: its modes are asked for, and what was said while it was away. */
  #enter(channel: string, connection: IrcConnection): void {
    const { network } = this.#options;
    const ask = (command: string, parameters: string[]) => {
      connection.run({ command, parameters, about: channel, lane: '' }).catch(() => {});
    };
    ask('MODE', [channel]);
    // Who goes away or comes back is told from now on; who is away already has to be asked for.
    if (network.followsAway && connection.capabilities.has('away-notify')) ask('WHO', [channel]);
    const newestMs = this.#newestMs.get(connection.fold(channel));
    const most = Math.min(network.historyMessages ?? 200, connection.features.historyMessages);
    if (newestMs === undefined || most === 0 || !connection.capabilities.has('draft/chathistory')) return;
    // From the newest one on, which is seen again and has the same identity.
    const since = new Date(newestMs - 1).toISOString();
    ask('CHATHISTORY', ['AFTER', channel, `timestamp=${since}`, String(most)]);
  }

  /** A JOIN of several channels was refused for one of them. */
  #readRefusal(line: IrcLine): void {
    const [, channel = ''] = line.parameters;
    const wanted = this.lasting.channels.get(foldName(channel, (this.lastFeatures ?? rfcFeatures).caseMapping));
    if (!wanted || this.channels.has(channel)) return;
    this.#lose(wanted.name, refusalInWords(line.command, channel, line.parameters.at(-1) ?? ''));
  }

  #returnTo(channel: string, why: string): void {
    const { network } = this.#options;
    const folded = foldName(channel, (this.lastFeatures ?? rfcFeatures).caseMapping);
    if (this.#returning.has(folded) || !this.lasting.channels.has(folded)) return;
    this.#returning.add(folded);
    network.clock.startTimer(rejoinMs, () => {
      this.#returning.delete(folded);
      const connection = this.lasting.connection;
      const wanted = connection && this.lasting.channels.get(connection.fold(channel));
      if (!connection || !wanted) return;
      const parameters = wanted.key === undefined ? [wanted.name] : [wanted.name, wanted.key];
      connection.run({ command: 'JOIN', parameters, about: channel, lane: '' }).catch((error: unknown) => {
        if (error instanceof IrcRefusal) this.#lose(channel, `${why}; ${error.message}`);
      });
    });
  }

  #lose(channel: string, why: string): void {
    const folded = foldName(channel, (this.lastFeatures ?? rfcFeatures).caseMapping);
    this.lasting.channels.delete(folded);
    this.#options.tell({ kind: 'channel_lost', channel, userId: undefined, why });
  }
}
