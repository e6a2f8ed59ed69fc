import { createHash } from 'node:crypto';
import type { IrcConnection } from '../connection/irc-connection.ts';
import type { IrcMessage } from '../irc-event.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { toIdentity } from '../lines/to-identity.ts';

interface MessageContext {
  readonly connection: IrcConnection;
  readonly wallMs: number;
  /** For a message that the network gives no identity. */
  readonly nextIdentity: () => string;
  readonly toUser: string | undefined;
  /** Played back by the network (chathistory), so it may have been seen before. */
  readonly isHistory: boolean;
}

/** What a CTCP request asks for, such as `VERSION`, and with what. */
export function readCtcp(text: string): { readonly command: string; readonly rest: string } | undefined {
  if (!text.startsWith('\u0001')) return undefined;
  const end = text.indexOf('\u0001', 1);
  const inner = text.slice(1, end < 0 ? undefined : end);
  const space = inner.indexOf(' ');
  const command = (space < 0 ? inner : inner.slice(0, space)).toUpperCase();
  return { command, rest: space < 0 ? '' : inner.slice(space + 1) };
}

/** A PRIVMSG or NOTICE as an event; undefined: it is CTCP other than ACTION, or has nothing to say. */
export function readMessage(line: IrcLine, context: MessageContext): IrcMessage | undefined {
  const [target = '', said = ''] = line.parameters;
  const { connection, wallMs, nextIdentity, toUser, isHistory } = context;
  const ctcp = readCtcp(said);
  if (ctcp && ctcp.command !== 'ACTION') return undefined;
  const text = (ctcp ? ctcp.rest : said).replaceAll('\u0001', '');
  if (!line.source || text === '') return undefined;
  const { features } = connection;
  const isForSome =
    features.statusMessage.includes(target[0] ?? ' ') && features.channelTypes.includes(target[1] ?? ' ');
  const name = isForSome ? target.slice(1) : target;
  const isChannel = features.channelTypes.includes(name[0] ?? ' ');
  const time = Date.parse(line.tags.get('time') ?? '');
  const digest = () => createHash('sha256').update(JSON.stringify([line.tags.get('time'), line.source, target, said]));
  const unnamed = isHistory ? `history-${digest().digest('base64url').slice(0, 32)}` : nextIdentity();
  const msgid = line.tags.get('msgid');
  const answers = line.tags.get('+draft/reply') ?? line.tags.get('+reply');
  return {
    kind: 'message',
    identity: msgid === undefined ? unnamed : toIdentity(msgid),
    channel: isChannel ? name : undefined,
    toUser: isChannel ? undefined : toUser,
    ...line.source,
    account: line.tags.get('account'),
    form: ctcp ? 'action' : line.command === 'NOTICE' ? 'notice' : 'message',
    text,
    saidAtMs: Number.isNaN(time) ? wallMs : time,
    ...(answers !== undefined && { answers: toIdentity(answers) }),
    ...(isForSome && { onlyFor: target[0] }),
  };
}

/** What is answered to a CTCP request; undefined: nothing. */
export function answerCtcp(text: string, wallMs: number): string | undefined {
  const ctcp = readCtcp(text);
  if (ctcp?.command === 'VERSION') return '\u0001VERSION Holdfast IRC bridge\u0001';
  if (ctcp?.command === 'PING') return `\u0001PING ${ctcp.rest.slice(0, 100)}\u0001`;
  if (ctcp?.command === 'TIME') return `\u0001TIME ${new Date(wallMs).toISOString()}\u0001`;
  if (ctcp?.command === 'CLIENTINFO') return '\u0001CLIENTINFO ACTION CLIENTINFO PING TIME VERSION\u0001';
  return undefined;
}
