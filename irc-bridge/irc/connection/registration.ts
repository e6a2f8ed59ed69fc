import type { IrcIdentity } from '../irc-network.ts';
import { IrcRefusal } from '../irc-refusal.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { refusalInWords } from './refusal-words.ts';

/** What we can do with, of what a server may offer. */
const wanted = new Set([
  ...['message-tags', 'server-time', 'account-tag', 'account-notify', 'away-notify', 'multi-prefix', 'extended-join'],
  ...['chghost', 'echo-message', 'labeled-response', 'batch', 'cap-notify', 'userhost-in-names', 'invite-notify'],
  ...['standard-replies', 'sasl', 'draft/chathistory', 'setname', 'draft/message-redaction'],
]);
const maxCapabilities = 200;
const maxNickAttempts = 8;
const saslChunk = 400;

interface RegistrationOptions {
  readonly identity: IrcIdentity;
  readonly password: string | undefined;
  readonly send: (command: string, parameters: readonly string[]) => void;
  /** A number below `below`, for nicks. */
  readonly chooseNumber: (below: number) => number;
}

/**
 * The steps from a new connection to the network's welcome: capabilities (CAP 302), SASL, PASS, NICK, USER.
 * `take` is given each line; it throws IrcRefusal when the network does not let us in.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #offered = new Map<string, string>();
  readonly capabilities = new Set<string>();
  nick: string;
  isDone = false;
  /** Logged in to an account. */
  isLoggedIn = false;
  #attempts = 0;
  #isEnded = false;
  #requested = 0;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.nick = options.identity.nick;
  }

  begin(): void {
    const { identity, password, send } = this.#options;
    send('CAP', ['LS', '302']);
    if (password !== undefined) send('PASS', [password]);
    send('NICK', [this.nick]);
    send('USER', [identity.username, '0', '*', identity.realname]);
  }

  take(line: IrcLine): void {
    const text = line.parameters.at(-1) ?? '';
    switch (line.command) {
      case 'CAP':
        return this.#takeCapabilities(line.parameters);
      case 'AUTHENTICATE':
        return this.#authenticate(text);
      case '900':
        this.isLoggedIn = true;
        return;
      case '903':
      case '907':
        this.isLoggedIn = true;
        return this.#end();
      case '902':
      case '904':
      case '905':
      case '906':
        throw new IrcRefusal(
          `the network does not accept the account's password or certificate (${text})`,
          line.command,
        );
      case '432':
      case '433':
      case '436':
      case '437':
        return this.#tryNextNick(line.command, text);
      case '421':
        // A server from before CAP: it registers without.
        return;
      case '464':
        throw new IrcRefusal(`the server wants another password (${text})`, line.command);
      case '465':
      case '466':
        throw new IrcRefusal(refusalInWords('465', '', text), '465');
      case 'ERROR':
        throw new IrcRefusal(`the server refused the connection (${text.slice(0, 300)})`, 'ERROR');
      case '001':
        this.nick = line.parameters[0] ?? this.nick;
        this.isDone = true;
        return;
      default:
    }
  }

  /** CAP NEW and DEL come later, too (cap-notify). */
  #takeCapabilities(parameters: readonly string[]): void {
    const [, command, third = ''] = parameters;
    const isContinued = third === '*' && parameters.length > 3;
    const names = (parameters.at(-1) ?? '').split(' ').filter((each) => each !== '');
    if (command === 'LS' || command === 'NEW') {
      for (const each of names) this.#offer(each);
      if (!isContinued) this.#request(command === 'LS');
    } else if (command === 'ACK' || command === 'NAK') {
      for (const each of command === 'ACK' ? names : []) {
        if (each.startsWith('-')) this.capabilities.delete(each.slice(1));
        else this.capabilities.add(each);
      }
      this.#requested -= 1;
      if (this.#requested <= 0) this.#logIn();
    } else if (command === 'DEL') {
      for (const each of names) this.capabilities.delete(each);
    }
  }

  #offer(capability: string): void {
    const [name = '', value = ''] = capability.split('=', 2);
    if (wanted.has(name) && this.#offered.size < maxCapabilities) this.#offered.set(name, value);
  }

  #request(isFirst: boolean): void {
    const names = [...this.#offered.keys()].filter((name) => !this.capabilities.has(name));
    // One at a time on a line of its own would be refused in part only; a list is refused as a whole.
    for (const name of names) this.#options.send('CAP', ['REQ', name]);
    this.#requested += names.length;
    if (isFirst && names.length === 0) this.#end();
  }

  #logIn(): void {
    if (this.#isEnded) return;
    const { identity, send } = this.#options;
    const mechanism = identity.password === undefined ? 'EXTERNAL' : 'PLAIN';
    const canLogIn = identity.account !== undefined && (identity.password !== undefined || identity.certificate);
    const offered = this.#offered.get('sasl') ?? '';
    const isOffered = this.capabilities.has('sasl') && (offered === '' || offered.split(',').includes(mechanism));
    if (canLogIn && isOffered) send('AUTHENTICATE', [mechanism]);
    else this.#end();
  }

  #authenticate(text: string): void {
    if (text !== '+') return;
    const { account = '', password } = this.#options.identity;
    const response = password === undefined ? account : `${account}\0${account}\0${password}`;
    const encoded = Buffer.from(response).toString('base64');
    for (let at = 0; at < encoded.length; at += saslChunk) {
      this.#options.send('AUTHENTICATE', [encoded.slice(at, at + saslChunk)]);
    }
    if (encoded.length % saslChunk === 0) this.#options.send('AUTHENTICATE', ['+']);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.send('CAP', ['END']);
  }

  #tryNextNick(code: string, text: string): void {
    this.#attempts += 1;
    if (this.#attempts > maxNickAttempts) throw new IrcRefusal(refusalInWords(code, this.nick, text), code);
    const wish = this.#options.identity.nick;
    const isRefused = code === '432';
    const base = isRefused ? 'user' : wish;
    const suffix = this.#attempts <= 2 && !isRefused ? '_'.repeat(this.#attempts) : this.#options.chooseNumber(10_000);
    this.nick = fitNick(base, String(suffix), this.#attempts);
    this.#options.send('NICK', [this.nick]);
  }
}

/** Servers cut nicks silently: after the first attempts the name is shortened so that the suffix counts. */
function fitNick(base: string, suffix: string, attempts: number): string {
  const length = attempts <= 2 ? 16 : 9;
  return `${base.slice(0, Math.max(1, length - suffix.length))}${suffix}`;
}
