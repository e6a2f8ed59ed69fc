import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Metrics } from '@holdfast/effects/metrics.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { IrcEvent } from './irc-event.ts';

export interface IrcServerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Certificates in PEM to trust besides the public authorities. */
  readonly ca?: string | undefined;
}

/** Who a connection is. */
export interface IrcIdentity {
  readonly nick: string;
  readonly username: string;
  readonly realname: string;
  /** SASL PLAIN, or else NickServ. Without a password and with a certificate: SASL EXTERNAL. */
  readonly account?: string | undefined;
  readonly password?: string | undefined;
  /** A client certificate in PEM, for SASL EXTERNAL. */
  readonly certificate?: { readonly certificate: string; readonly key: string } | undefined;
}

/** How much may be said; networks end connections that say more. */
export interface FloodLimit {
  /** Lines that may be written at once after a silence. */
  readonly burstLines: number;
  /** One more line each so many milliseconds. */
  readonly lineMs: number;
}

export interface IrcLimits {
  readonly flood: FloodLimit;
  /** Lines that wait in one connection; beyond, `say` and the like throw IrcRefusal at once. */
  readonly queuedLines: number;
  /** New connections of the network: one each so many milliseconds. */
  readonly connectPaceMs: number;
  readonly connectTimeoutMs: number;
  /** From the connection until the network's welcome. */
  readonly registrationTimeoutMs: number;
  /** A PING goes out after so long a silence; the connection ends after the same time again without an answer. */
  readonly pingMs: number;
  /** From the moment that a line was written until its answer. */
  readonly answerTimeoutMs: number;
  /**
   * Between two attempts: it doubles up to `most`, or to `unreachable` while nobody answers at the address, and each wait
   * is between half and all of it.
   */
  readonly backoffMs: { readonly first: number; readonly most: number; readonly unreachable: number };
  /** How long QUITs of one netsplit are collected, since the last of them. */
  readonly splitWindowMs: number;
  /** Personal connections, standing and being made. */
  readonly connections: number;
}

export const defaultIrcLimits: IrcLimits = {
  flood: { burstLines: 5, lineMs: 2_000 },
  queuedLines: 500,
  connectPaceMs: 1_000,
  connectTimeoutMs: 8_000,
  registrationTimeoutMs: 30_000,
  pingMs: 30_000,
  answerTimeoutMs: 20_000,
  backoffMs: { first: 2_000, most: 120_000, unreachable: 12_000 },
  splitWindowMs: 1_000,
  connections: 500,
};

export interface IrcNetworkOptions {
  readonly id: string;
  /** Tried in this order, the next one after each failure. */
  readonly servers: readonly IrcServerAddress[];
  /** The server's own password (PASS). */
  readonly password?: string | undefined;
  readonly bot: IrcIdentity;
  /** The beginning of the addresses that users connect from, such as `2001:db8:1::/64`. */
  readonly userPrefix?: string | undefined;
  /** Told of each connection that is open, for the ident server. */
  readonly onSocket?:
    | ((ports: { readonly local: number; readonly remote: number }, username: string) => () => void)
    | undefined;
  /** Messages that the bot missed are fetched where the network keeps them, at most so many per channel; 0: never. */
  readonly historyMessages?: number;
  /** Asks who is away when the bot comes into a channel, where the network tells later changes (away-notify). */
  readonly followsAway?: boolean;
  readonly limits?: Partial<IrcLimits>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * One network of IRC: the bot's connection, which is in all bridged channels, and one per Matrix user. `userId` undefined
 * is the bot wherever one is asked for.
 *
 * Every promise settles: with IrcRefusal when the network says no or a bound is reached (nothing was written in the
 * latter case), and with IrcConnectionLost when it is not known, or known not, to have arrived.
 */
export interface IrcNetwork {
  readonly id: string;
  /** Whether the bot is on the network, so that channels are seen. */
  readonly isConnected: boolean;
  /** The longest nick that the network takes. */
  readonly nickLength: number;
  /**
   * What was said in a channel (folded) up to then was taken before the start: the network's history is asked for what
   * came after, where it keeps one.
   */
  noteTaken(channel: string, untilMs: number): void;
  /** Begins to connect. Events are given to the receiver from now on, each when it happens. */
  start(): void;
  /** Says goodbye everywhere and ends within two seconds. */
  close(reason: string): Promise<void>;
  /** The network's case mapping: two names are the same when their folded forms are. */
  fold(name: string): string;
  /**
   * Cuts a text into lines that each fit into one message of the speaker to the target, as others are sent it. At line
   * ends, else sentences, else words, else characters; formatting goes on in the next line. Only the first `maxLines`.
   */
  splitText(speaker: string | undefined, target: string, text: string, maxLines?: number): string[];
  /**
   * Says one line. Resolves when the network echoed it (echo-message), with its identity; or else when it is written and
   * a PING after it was answered without a refusal in between.
   */
  say(line: SpokenLine): Promise<{ readonly identity: string | undefined }>;
  /** Has a Matrix user on IRC; resolves when its connection is registered. Throws IrcRefusal. */
  connectUser(userId: string, wishes: UserWishes): Promise<void>;
  disconnectUser(userId: string, reason: string): void;
  /** The nick of a Matrix user that is on IRC. */
  nickOf(userId: string): string | undefined;
  /** The Matrix user behind a nick; undefined: somebody of IRC. */
  userOf(nick: string): string | undefined;
  /** Whether a nick is the bot's. */
  isBot(nick: string): boolean;
  /**
   * Resolves when the connection is in the channel, at once when it is there already. It returns there by itself after
   * every reconnection.
   */
  join(userId: string | undefined, channel: string, key?: string): Promise<void>;
  /** Resolves when the connection is not in the channel; it may not have been there. */
  part(userId: string | undefined, channel: string, reason: string): Promise<void>;
  changeNick(userId: string, nick: string): Promise<void>;
  /** What the network tells of somebody, in lines. */
  whois(nick: string): Promise<string[]>;
  setTopic(userId: string | undefined, channel: string, topic: string): Promise<void>;
  kick(channel: string, nick: string, reason: string, userId?: string): Promise<void>;
  invite(channel: string, nick: string, userId?: string): Promise<void>;
  /** Such as `+b *!*@host`. */
  setMode(channel: string, modes: string, userId?: string): Promise<void>;
  /** The modes that are set on a channel, such as `nt` and its key. */
  channelModes(channel: string): ReadonlyMap<string, string>;
  /** The topic of a channel that the bot is in. */
  topic(channel: string): string;
  /** Matrix users that are on IRC and whose `nick!user@host` a mask of a ban means. */
  usersMatching(mask: string): string[];
  /** Matrix users that are on IRC and have said and asked for nothing for so long. */
  idleUsers(idleMs: number): string[];
  /** Whether somebody is in a channel that the bot is in, and away. Not known of anybody while the bot is away. */
  presenceOf(nick: string): IrcPresence;
  /** Everybody in a channel that the bot is in. */
  members(channel: string): readonly ChannelMember[];
  describe(): IrcNetworkStatus;
}

export type ReceiveIrcEvent = (event: IrcEvent) => void;

export interface SpokenLine {
  readonly speaker: string | undefined;
  readonly target: string;
  readonly kind: 'message' | 'notice' | 'action';
  /** CR, LF and NUL in it become spaces; what is too long is cut off: use splitText before. */
  readonly text: string;
}

export interface UserWishes {
  readonly nick: string;
  readonly username?: string;
  readonly realname?: string;
  readonly account?: string;
  readonly password?: string;
  readonly certificate?: IrcIdentity['certificate'];
  /** The source address within `userPrefix` is derived from it, besides the user id. */
  readonly addressSeed?: string;
}

export interface IrcPresence {
  readonly state: 'here' | 'away' | 'gone';
  /** What somebody who is away says of it; '' when that is not known. */
  readonly message: string;
}

export interface ChannelMember {
  readonly nick: string;
  /** `@`, `+` and the like, highest first; '' for none. */
  readonly prefixes: string;
}

export interface IrcNetworkStatus {
  readonly isConnected: boolean;
  readonly server: string | undefined;
  readonly userConnections: number;
  readonly waitingLines: number;
  /** Why the bot is not on the network, in words. */
  readonly problem: string | undefined;
}
