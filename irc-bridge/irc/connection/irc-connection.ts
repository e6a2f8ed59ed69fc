import type { Socket } from 'node:net';
import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { IrcIdentity, IrcLimits } from '../irc-network.ts';
import { IrcConnectionLost, IrcRefusal } from '../irc-refusal.ts';
import { formatIrcLine, type IrcLine, parseIrcLine } from '../lines/irc-line.ts';
import { LineReader } from '../lines/line-reader.ts';
import { foldName, type NetworkFeatures, readFeatures, rfcFeatures } from '../lines/network-features.ts';
import { FloodQueue } from './flood-queue.ts';
import { type CommandAnswer, PendingAnswers, type PendingCommand } from './pending-answers.ts';
import { Registration } from './registration.ts';

export interface IrcConnectionOptions {
  readonly socket: Socket;
  readonly identity: IrcIdentity;
  readonly password: string | undefined;
  readonly limits: IrcLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** Everything that the server says after its welcome, in order, besides what concerns the connection itself. */
  readonly onLine: (line: IrcLine, connection: IrcConnection) => void;
  /** Counts lines that were no IRC or too long, and answers that came too late. */
  readonly onFault: (kind: 'garbage' | 'line_too_long' | 'silence') => void;
}

/** What goes out as a command; `about` is what a refusal names. */
export interface OutgoingCommand extends Partial<Pick<PendingCommand, 'collects' | 'echoText'>> {
  readonly command: string;
  readonly parameters: readonly string[];
  /** Lanes take turns; order is kept within one. */
  readonly lane: string;
  readonly about: string;
}

/** The server must not be able to make us hold its unread answers, nor ours. */
const maxUnsentBytes = 256 * 1024;
const ghostRetryMs = 30_000;

/** One connection, from the open socket to its end. */
export class IrcConnection {
  readonly #options: IrcConnectionOptions;
  readonly #reader = new LineReader();
  readonly #queue: FloodQueue;
  readonly #pending: PendingAnswers;
  readonly #registration: Registration;
  readonly #registered = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string>();
  #endReason: string | undefined;
  #lastLineMs: number;
  #pingTimer: Timer | undefined;
  #nickTimer: Timer | undefined;
  #labels = 0;
  features: NetworkFeatures = rfcFeatures;
  /** `user@host` as others see it; undefined until it was seen. */
  mask: string | undefined;

  constructor(options: IrcConnectionOptions) {
    this.#options = options;
    const { socket, limits, clock, identity, password, random } = options;
    this.#lastLineMs = clock.monotonicMs();
    this.#queue = new FloodQueue(clock, limits.flood, limits.queuedLines, (line) => this.#write(line));
    this.#pending = new PendingAnswers({
      ...{ clock, timeoutMs: limits.answerTimeoutMs, fold: (name) => this.fold(name) },
      writeFence: (token) => this.#write(formatIrcLine('PING', [token])),
      onSilence: () => this.#fail('silence', 'the server does not answer any more'),
    });
    this.#registration = new Registration({
      ...{ identity, password, send: (command, parameters) => this.#write(formatIrcLine(command, parameters)) },
      chooseNumber: (below) => Math.floor(random.fraction() * below),
    });
    this.#registered.promise.catch(() => {});
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.end(error.message));
    socket.on('close', () => this.end('the server closed the connection'));
  }

  get nick(): string {
    return this.#registration.nick;
  }

  get capabilities(): ReadonlySet<string> {
    return this.#registration.capabilities;
  }

  get queuedLines(): number {
    return this.#queue.length;
  }

  get isRegistered(): boolean {
    return this.#registration.isDone && this.#endReason === undefined;
  }

  /** Resolves with the reason when it is over, whoever ended it. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  fold(name: string): string {
    return foldName(name, this.features.caseMapping);
  }

  /** Resolves when the network has welcomed us. Throws IrcRefusal, or IrcConnectionLost. */
  async register(): Promise<void> {
    const { clock, limits } = this.#options;
    const timer = clock.startTimer(limits.registrationTimeoutMs, () => {
      this.#fail('silence', 'the server did not complete the registration');
    });
    this.#registration.begin();
    try {
      await this.#registered.promise;
    } finally {
      timer.cancel();
    }
  }

  /** Queues a command; settles as IrcNetwork says. */
  async run(outgoing: OutgoingCommand): Promise<CommandAnswer> {
    if (!this.isRegistered) throw new IrcConnectionLost('there is no connection', false);
    const { command, parameters, lane } = outgoing;
    const hasLabels = this.capabilities.has('labeled-response') && !outgoing.collects;
    const label = hasLabels ? `h${++this.#labels}` : undefined;
    const echoText = this.capabilities.has('echo-message') ? outgoing.echoText : undefined;
    // A server would cut it off in the middle of something.
    if (Buffer.byteLength(formatIrcLine(command, parameters)) + 2 > this.features.lineBytes) {
      throw new IrcRefusal('that is too long for IRC');
    }
    const line = formatIrcLine(command, parameters, label === undefined ? {} : { label });
    const pending = this.#pending.add({
      ...{ about: this.fold(outgoing.about), label, collects: outgoing.collects, echoText },
    });
    try {
      this.#queue.add(lane, line, pending.written);
    } catch (error) {
      pending.drop(error as Error);
    }
    return pending.answer;
  }

  /** Ends it; with a QUIT while that can be written. */
  end(reason: string, quit?: string): void {
    this.#end(reason, quit, false);
  }

  #end(reason: string, quit: string | undefined, isExpelled: boolean): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    const { socket } = this.#options;
    this.#pingTimer?.cancel();
    this.#nickTimer?.cancel();
    this.#queue.close();
    if (quit !== undefined && socket.writable) socket.end(`${formatIrcLine('QUIT', [quit.slice(0, 200)])}\r\n`);
    else socket.destroy();
    // The other side may leave our end open.
    this.#options.clock.startTimer(1_000, () => socket.destroy());
    this.#pending.fail(reason, isExpelled);
    this.#registered.reject(new IrcConnectionLost(reason, false));
    this.#ended.resolve(reason);
  }

  #fail(kind: 'silence', reason: string): void {
    this.#options.onFault(kind);
    this.end(reason);
  }

  #write(line: string): void {
    const { socket } = this.#options;
    if (socket.destroyed || this.#endReason !== undefined) return;
    if (socket.writableLength > maxUnsentBytes) return this.#fail('silence', 'the server does not read what is sent');
    socket.write(`${line}\r\n`);
  }

  #read(chunk: Buffer): void {
    const skipped = this.#reader.skippedLines;
    for (const text of this.#reader.read(chunk)) {
      if (this.#endReason !== undefined) return;
      const line = parseIrcLine(text);
      if (!line) {
        this.#options.onFault('garbage');
        continue;
      }
      this.#lastLineMs = this.#options.clock.monotonicMs();
      this.#take(line);
    }
    if (this.#reader.skippedLines > skipped) this.#options.onFault('line_too_long');
  }

  #take(line: IrcLine): void {
    if (line.command === 'PING') return this.#write(formatIrcLine('PONG', [line.parameters.at(-1) ?? '']));
    if (!this.#registration.isDone || line.command === 'CAP' || line.command === 'AUTHENTICATE') {
      return this.#takeRegistration(line);
    }
    if (line.command === 'ERROR') {
      return this.#end((line.parameters[0] ?? 'the server ended it').slice(0, 300), undefined, true);
    }
    if (line.command === '005') this.features = readFeatures(this.features, line.parameters.slice(1, -1));
    if (line.command === '396') this.#takeHost(line.parameters[1] ?? '');
    // InspIRCd answers a NICK with a label under the new nick already; labels are on answers to us alone.
    const isAnswered = line.command === 'NICK' && line.tags.has('label');
    const isOwn = line.source !== undefined && this.fold(line.source.nick) === this.fold(this.nick);
    if (isOwn || isAnswered) this.#takeOwn(line);
    if (this.#pending.take(line)) return;
    this.#options.onLine(line, this);
  }

  #takeRegistration(line: IrcLine): void {
    try {
      const wasDone = this.#registration.isDone;
      this.#registration.take(line);
      if (wasDone || !this.#registration.isDone) return;
    } catch (error) {
      if (!(error instanceof IrcRefusal)) throw error;
      this.#registered.reject(error);
      return this.end(error.message);
    }
    const mask = /(\S+)!(\S+)$/.exec(line.parameters.at(-1) ?? '');
    if (mask) this.mask = mask[2];
    this.#queue.open();
    this.#watchSilence();
    this.#identify();
    this.#registered.resolve();
    this.#options.onLine(line, this);
  }

  #takeOwn(line: IrcLine): void {
    const { user, host } = line.source ?? {};
    if (user !== undefined && host !== undefined) this.mask = `${user}@${host}`;
    if (line.command === 'NICK') this.#registration.nick = line.parameters[0] ?? this.nick;
    if (line.command === 'CHGHOST') this.mask = line.parameters.slice(0, 2).join('@');
    if (line.command === 'PRIVMSG' || line.command === 'NOTICE') this.#pending.takeEcho(line);
  }

  #takeHost(host: string): void {
    const user = this.mask?.split('@')[0] ?? `~${this.#options.identity.username}`;
    this.mask = host.includes('@') ? host : `${user}@${host}`;
  }

  #watchSilence(): void {
    const { clock, limits } = this.#options;
    this.#pingTimer = clock.startTimer(limits.pingMs, () => {
      if (clock.monotonicMs() - this.#lastLineMs >= limits.pingMs) this.#pending.requestFence();
      this.#watchSilence();
    });
  }

  /** Where there is no SASL, NickServ knows passwords; it can also end whoever holds our nick (a ghost of ours). */
  #identify(): void {
    const { account, password, nick } = this.#options.identity;
    const isWished = this.fold(this.nick) === this.fold(nick);
    if (account !== undefined && password !== undefined && !this.#registration.isLoggedIn) {
      this.#write(formatIrcLine('PRIVMSG', ['NickServ', `IDENTIFY ${account} ${password}`]));
    }
    if (isWished) return;
    if (password !== undefined) this.#write(formatIrcLine('PRIVMSG', ['NickServ', `GHOST ${nick} ${password}`]));
    this.#regainNick();
  }

  /** Asks for the wished nick now and then: whoever had it, often our own connection from before, may be gone. */
  #regainNick(): void {
    const { nick } = this.#options.identity;
    this.#nickTimer = this.#options.clock.startTimer(ghostRetryMs, () => {
      if (this.fold(this.nick) === this.fold(nick)) return;
      void this.run({ command: 'NICK', parameters: [nick], lane: '', about: nick }).catch(() => {});
      this.#regainNick();
    });
  }
}
