import type { IrcConnection } from '../connection/irc-connection.ts';
import type { IrcEvent, IrcPerson } from '../irc-event.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { parseModeChanges } from '../lines/mode-changes.ts';
import { toIdentity } from '../lines/to-identity.ts';
import type { ChannelList } from './channel-list.ts';
import { isSplitReason, type Netsplits } from './netsplits.ts';

interface FollowContext {
  readonly channels: ChannelList;
  readonly splits: Netsplits;
  readonly connection: IrcConnection;
  readonly tell: (event: IrcEvent) => void;
  /** The bot was put out of a channel. */
  readonly onPutOut: (channel: string, why: string) => void;
  /** The bot is in a channel. */
  readonly onEntered: (channel: string) => void;
}

/** Follows what the bot's connection sees of channels and people, and tells it. Messages are not told here. */
export function followBot(line: IrcLine, context: FollowContext): void {
  const { channels, splits, connection, tell } = context;
  const [first = '', second = ''] = line.parameters;
  const last = line.parameters.at(-1) ?? '';
  const nick = line.source?.nick ?? '';
  if (!/^\d/.test(line.command) && line.command !== 'QUIT' && line.command !== 'JOIN') splits.flushFor(nick);
  switch (line.command) {
    case 'JOIN':
      return followJoin(line, context);
    case 'PART': {
      if (isOwn(connection, nick)) return channels.leave(first);
      channels.remove(first, nick);
      return tell({ kind: 'part', channel: first, ...personOf(line), reason: line.parameters[1] ?? '' });
    }
    case 'KICK':
      return followKick(first, second, line, context);
    case 'QUIT': {
      const left = channels.removeEverywhere(nick);
      if (isSplitReason(last)) return splits.addQuit({ nick, channels: left }, last);
      return tell({ kind: 'quit', nick, reason: last, isSplit: false, channels: left });
    }
    case 'NICK':
      return tell({ kind: 'nick', nick, newNick: first, channels: channels.rename(nick, first) });
    case 'TOPIC':
      return followTopic(first, nick, last, context);
    case '332':
      return followTopic(second, '', last, context);
    case 'MODE':
      return followMode(first, nick, line.parameters.slice(1), context);
    case '324':
      return followMode(second, '', line.parameters.slice(2), context);
    case 'TAGMSG':
      return followReaction(line, context);
    case 'REDACT': {
      if (!channels.has(first) || isOwn(connection, nick)) return;
      return tell({
        kind: 'redaction',
        channel: first,
        nick,
        about: toIdentity(second),
        reason: line.parameters[2] ?? '',
      });
    }
    case 'AWAY':
      // Some servers say who is back with an empty message.
      return followAway(nick, line.parameters[0] || undefined, context);
    // Of WHO: G for gone.
    case '352':
      return line.parameters[6]?.startsWith('G') ? followAway(line.parameters[5] ?? '', '', context) : undefined;
    case '353':
      return channels.addNames(line.parameters[2] ?? '', last, connection.features);
    case '366':
      return channels.has(second) ? tell({ kind: 'members', channel: second }) : undefined;
    default:
  }
}

const longestReaction = 50;

function followReaction({ tags, source, parameters }: IrcLine, { channels, connection, tell }: FollowContext): void {
  const [channel = ''] = parameters;
  const key = tags.get('+draft/react');
  const about = tags.get('+draft/reply') ?? tags.get('+reply');
  const nick = source?.nick ?? '';
  if (!key || about === undefined || !channels.has(channel) || isOwn(connection, nick)) return;
  tell({
    kind: 'reaction',
    channel,
    nick,
    about: toIdentity(about),
    key: key.slice(0, longestReaction).toWellFormed(),
  });
}

function followAway(nick: string, message: string | undefined, { channels, tell }: FollowContext): void {
  channels.setAway(nick, message);
  tell({ kind: 'away', nick, message });
}

function isOwn(connection: IrcConnection, nick: string): boolean {
  return connection.fold(nick) === connection.fold(connection.nick);
}

function personOf({ source, tags }: IrcLine): IrcPerson {
  return { nick: source?.nick ?? '', user: source?.user, host: source?.host, account: tags.get('account') };
}

function followJoin(line: IrcLine, { channels, splits, connection, tell, onEntered }: FollowContext): void {
  const [channel = '', account = '*', realname] = line.parameters;
  const person = personOf(line);
  if (isOwn(connection, person.nick)) {
    channels.enter(channel);
    channels.add(channel, person.nick);
    return onEntered(channel);
  }
  channels.add(channel, person.nick);
  if (splits.takeJoin(person.nick, channel)) return;
  const known = account === '*' ? person.account : account;
  tell({ kind: 'join', channel, ...person, account: known, realname });
}

function followKick(channel: string, nick: string, line: IrcLine, context: FollowContext): void {
  const reason = line.parameters[2] ?? '';
  const by = line.source?.nick ?? '';
  context.splits.flushFor(nick);
  if (isOwn(context.connection, nick)) {
    context.channels.leave(channel);
    context.onPutOut(channel, `kicked by ${by} (${reason})`);
  } else context.channels.remove(channel, nick);
  context.tell({ kind: 'kick', channel, nick, by, reason });
}

function followTopic(channel: string, nick: string, topic: string, { channels, tell }: FollowContext): void {
  channels.changeTopic(channel, topic);
  tell({ kind: 'topic', channel, nick, topic });
}

function followMode(channel: string, by: string, parameters: readonly string[], context: FollowContext): void {
  const { connection, channels, tell } = context;
  const { features } = connection;
  if (!features.channelTypes.includes(channel[0] ?? ' ')) return;
  const changes = parseModeChanges(features, parameters[0] ?? '', parameters.slice(1));
  channels.changeModes(channel, changes, features);
  // An answer that no mode is set says something as well: some may have been when the bot was here last.
  if (changes.length > 0 || by === '') tell({ kind: 'mode', channel, by, changes });
}
