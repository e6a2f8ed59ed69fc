import { isNick } from '../names/choose-nick.ts';
import { isChannelName } from '../names/portal-alias.ts';

/** What somebody asks the bridge for. `network` is undefined where the room says which. */
export type BridgeCommand =
  | { readonly kind: 'help' | 'status' | 'unlink' }
  | { readonly kind: 'link' | 'join'; readonly network: string; readonly channel: string; readonly key?: string }
  | { readonly kind: 'part'; readonly network: string; readonly channel: string }
  | { readonly kind: 'nick' | 'whois'; readonly network: string; readonly nick: string }
  | { readonly kind: 'msg'; readonly network: string; readonly nick: string; readonly text: string }
  | { readonly kind: 'quit' | 'connect' | 'forget'; readonly network: string }
  | { readonly kind: 'password'; readonly network: string; readonly account: string; readonly password: string };

/** A command that cannot be carried out as it is written; the message is for whoever wrote it. */
export interface CommandProblem {
  readonly kind: 'problem';
  readonly message: string;
}

type Rest = readonly string[];
type Build = (network: string, rest: Rest) => BridgeCommand | undefined;

interface Form {
  readonly usage: string;
  readonly summary: string;
  readonly build: Build | undefined;
}

const channelForm =
  (kind: 'link' | 'join'): Build =>
  (network, [channel, key, ...more]) => {
    if (channel === undefined || !isChannelName(channel) || more.length > 0) return undefined;
    return key === undefined ? { kind, network, channel } : { kind, network, channel, key };
  };

const nickForm =
  (kind: 'nick' | 'whois'): Build =>
  (network, [nick, ...more]) =>
    nick !== undefined && isNick(nick) && more.length === 0 ? { kind, network, nick } : undefined;

const networkForm =
  (kind: 'quit' | 'connect' | 'forget'): Build =>
  (network, rest) =>
    rest.length === 0 ? { kind, network } : undefined;

/** Forms by word. `build` is undefined for those that concern no network. */
const forms: Readonly<Record<string, Form>> = {
  help: { usage: '', summary: 'what can be asked for', build: undefined },
  status: { usage: '', summary: 'connections, what waits, the canary', build: undefined },
  link: { usage: '[NETWORK] #CHANNEL [KEY]', summary: 'join this room to a channel', build: channelForm('link') },
  unlink: { usage: '', summary: 'end that', build: undefined },
  join: {
    usage: '[NETWORK] #CHANNEL [KEY]',
    summary: 'get an invitation to a channel’s room',
    build: channelForm('join'),
  },
  part: {
    usage: '[NETWORK] #CHANNEL',
    summary: 'leave a channel on IRC',
    build: (network, [channel, ...more]) =>
      channel !== undefined && isChannelName(channel) && more.length === 0
        ? { kind: 'part', network, channel }
        : undefined,
  },
  nick: { usage: '[NETWORK] NICK', summary: 'be called so on IRC', build: nickForm('nick') },
  whois: { usage: '[NETWORK] NICK', summary: 'who somebody is', build: nickForm('whois') },
  msg: {
    usage: '[NETWORK] NICK TEXT',
    summary: 'talk to somebody in private',
    build: (network, [nick, ...words]) =>
      nick !== undefined && isNick(nick) && words.length > 0
        ? { kind: 'msg', network, nick, text: words.join(' ') }
        : undefined,
  },
  quit: { usage: '[NETWORK]', summary: 'leave IRC until `connect`', build: networkForm('quit') },
  connect: { usage: '[NETWORK]', summary: 'be on IRC again', build: networkForm('connect') },
  password: {
    usage: '[NETWORK] ACCOUNT PASSWORD',
    summary: 'log in to your account on IRC; it is stored encrypted, and you should remove your message',
    build: (network, [account, password, ...more]) =>
      account !== undefined && password !== undefined && more.length === 0
        ? { kind: 'password', network, account, password }
        : undefined,
  },
  forget: { usage: '[NETWORK]', summary: 'forget that account', build: networkForm('forget') },
};

/** What other bridges call them. */
const otherNames: Readonly<Record<string, string>> = {
  storepass: 'password',
  removepass: 'forget',
  reconnect: 'connect',
};

const longestCommand = 2_000;

/**
 * Reads `!irc link libera #matrix`, or, where somebody talks to the bot alone, `!link libera #matrix`. Undefined when a
 * text is no command. The network may be left out where there is one only.
 */
export function parseCommand(
  text: string,
  networks: readonly string[],
  isAlone: boolean,
): BridgeCommand | CommandProblem | undefined {
  const [, prefix, line] = /^!(irc\s+)?(\S.*)$/s.exec(text.trim()) ?? [];
  if (line === undefined || (prefix === undefined && !isAlone)) {
    return /^!irc$/.test(text.trim()) ? { kind: 'help' } : undefined;
  }
  if (line.length > longestCommand) return { kind: 'problem', message: 'That is too long.' };
  const [word = '', ...rest] = line.split(/\s+/);
  const asked = word.toLowerCase();
  const name = Object.hasOwn(otherNames, asked) ? (otherNames[asked] ?? asked) : asked;
  const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
  if (!form) return { kind: 'problem', message: `There is no command \`${name}\`. \`help\` says which there are.` };
  if (!form.build) return { kind: name } as BridgeCommand;
  const named = rest[0] !== undefined && networks.includes(rest[0].toLowerCase());
  const network = named ? rest[0]?.toLowerCase() : networks.length === 1 ? networks[0] : undefined;
  if (network === undefined) {
    return { kind: 'problem', message: `Which network: ${networks.join(', ')}? \`${name} ${form.usage}\`` };
  }
  const command = form.build(network, named ? rest.slice(1) : rest);
  return command ?? { kind: 'problem', message: `It is written so: \`${name} ${form.usage}\`` };
}

/** The forms, one a line. */
export function formatCommands(isAlone: boolean): string {
  const prefix = isAlone ? '!' : '!irc ';
  return Object.entries(forms)
    .map(([name, { usage, summary }]) => `${prefix}${name}${usage && ` ${usage}`}: ${summary}`)
    .join('\n');
}
