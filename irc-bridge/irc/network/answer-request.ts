import type { IrcConnection } from '../connection/irc-connection.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { answerCtcp } from './read-message.ts';

/** Answers a CTCP request, in a lane of its own: whoever asks much waits, and nobody else does. */
export function answerRequest(line: IrcLine, connection: IrcConnection, wallMs: number): void {
  const answer = line.command === 'PRIVMSG' ? answerCtcp(line.parameters[1] ?? '', wallMs) : undefined;
  const nick = line.source?.nick;
  if (answer === undefined || nick === undefined || connection.queuedLines > 0) return;
  const parameters = [nick, answer];
  connection.run({ command: 'NOTICE', parameters, about: nick, lane: 'requests' }).catch(() => {});
}
