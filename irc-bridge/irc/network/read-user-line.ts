import type { Clock } from '@holdfast/effects/clock.ts';
import type { IrcConnection } from '../connection/irc-connection.ts';
import type { IrcEvent } from '../irc-event.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { answerRequest } from './answer-request.ts';
import type { Deputies } from './deputies.ts';
import type { LastingConnection } from './lasting-connection.ts';
import { readMessage } from './read-message.ts';

interface UserLineContext {
  readonly connection: IrcConnection;
  readonly lasting: LastingConnection;
  readonly userId: string;
  readonly deputies: Deputies;
  readonly clock: Clock;
  readonly tell: (event: IrcEvent) => void;
  /** Somebody was put out of a channel. */
  readonly putOut: (nick: string, channel: string) => void;
  readonly nextIdentity: () => string;
}

/** Channels of one connection, wherever its server says that it is. */
const maxJoined = 1_000;

/** Of what a user's connection sees what is to the user counts, and what the bot is not there to see. */
export function readUserLine(line: IrcLine, context: UserLineContext): void {
  const { connection, lasting, userId, deputies, tell } = context;
  const own = connection.fold(connection.nick);
  const from = connection.fold(line.source?.nick ?? '');
  const [target = '', second = ''] = line.parameters;
  deputies.follow(line, userId, lasting.joined);
  switch (line.command) {
    case 'INVITE':
      if (connection.fold(target) !== own) return;
      return tell({ kind: 'invite', channel: second, by: line.source?.nick ?? '', toUser: userId });
    case 'JOIN':
      if (from === own && lasting.joined.size < maxJoined) lasting.joined.add(connection.fold(target));
      return;
    case 'PART':
      if (from !== own) return;
      lasting.joined.delete(connection.fold(target));
      return deputies.forget(userId, target);
    case 'KICK': {
      if (connection.fold(second) !== own) return;
      context.putOut(connection.nick, target);
      deputies.forget(userId, target);
      const why = `kicked by ${line.source?.nick ?? ''} (${line.parameters[2] ?? ''})`;
      return tell({ kind: 'channel_lost', channel: target, userId, why });
    }
    case 'PRIVMSG':
    case 'NOTICE':
      // A notice of the server itself, or of before the registration, is to nobody.
      if (from === own || line.source?.user === undefined) return;
      return connection.fold(target) === own ? readPrivate(line, context) : hearForBot(line, context);
    default:
  }
}

function readPrivate(line: IrcLine, { connection, lasting, userId, clock, tell, nextIdentity }: UserLineContext): void {
  answerRequest(line, connection, clock.wallMs());
  const wallMs = clock.wallMs();
  const message = readMessage(line, { connection, wallMs, nextIdentity, toUser: userId, isHistory: false });
  lasting.lastUsedMs = clock.monotonicMs();
  if (message) tell(message);
}

/** What the bot asks the network's history for when it is back, it knows again by its id alone. */
function hearForBot(line: IrcLine, { connection, userId, deputies, clock, tell, nextIdentity }: UserLineContext): void {
  if (deputies.isIdle) return;
  if (!line.tags.has('msgid') && connection.capabilities.has('draft/chathistory')) return;
  const wallMs = clock.wallMs();
  const message = readMessage(line, { connection, wallMs, nextIdentity, toUser: undefined, isHistory: false });
  if (message?.channel !== undefined && deputies.hears(message.channel, userId)) tell(message);
}
