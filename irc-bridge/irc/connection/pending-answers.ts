import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import { IrcConnectionLost, IrcRefusal } from '../irc-refusal.ts';
import type { IrcLine } from '../lines/irc-line.ts';
import { toIdentity } from '../lines/to-identity.ts';
import { isKnownRefusal, isRefusalCode, refusalInWords } from './refusal-words.ts';

/** What the network did with a command. */
export interface CommandAnswer {
  /** The msgid of the echo, where there was one. */
  readonly identity: string | undefined;
  /** Replies that were collected. */
  readonly lines: readonly IrcLine[];
}

export interface PendingCommand {
  /** Folded: channel, nick ...; a refusal names it. */
  readonly about: string;
  /** Of labeled-response. */
  readonly label: string | undefined;
  /** Replies to collect, such as those of WHOIS. */
  readonly collects?: ((line: IrcLine) => boolean) | undefined;
  /** The text whose echo answers it. */
  readonly echoText?: string | undefined;
}

interface Entry extends PendingCommand {
  readonly lines: IrcLine[];
  identity: string | undefined;
  /** The number of the fence that answers it; undefined until it is written. */
  fence: number | undefined;
  resolve(answer: CommandAnswer): void;
  reject(error: Error): void;
}

const maxCollected = 200;
const fencePrefix = 'holdfast-';

/**
 * Which commands of a connection are under way. Servers answer in order, so a PING written after commands (a fence) is
 * answered when the server has judged them all: those that no reply refused were done. One fence is under way at a time.
 */
export class PendingAnswers {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #fold: (name: string) => string;
  readonly #writeFence: (token: string) => void;
  readonly #onSilence: () => void;
  readonly #entries = new Set<Entry>();
  #fence = 0;
  #isFenceUnderWay = false;
  #mustFence = false;
  #timer: Timer | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly fold: (name: string) => string;
    readonly writeFence: (token: string) => void;
    /** A fence was not answered in time: the server hangs. */
    readonly onSilence: () => void;
  }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#fold = options.fold;
    this.#writeFence = options.writeFence;
    this.#onSilence = options.onSilence;
  }

  /** Adds a command. `written` is to be called when its line is on its way. */
  add(command: PendingCommand): { readonly answer: Promise<CommandAnswer>; written(): void; drop(error: Error): void } {
    const { promise, resolve, reject } = Promise.withResolvers<CommandAnswer>();
    const entry: Entry = { ...command, lines: [], identity: undefined, fence: undefined, resolve, reject };
    this.#entries.add(entry);
    const written = () => {
      // The one that is under way was written before this line: the next one is behind it.
      entry.fence = this.#fence + 1;
      this.requestFence();
    };
    return { answer: promise, written, drop: (error) => this.#settle(entry, () => entry.reject(error)) };
  }

  /** Asks the server for a sign of life, behind all that was written. */
  requestFence(): void {
    this.#mustFence = true;
    if (this.#isFenceUnderWay) return;
    // Lines that are written in the same turn share a fence.
    queueMicrotask(() => this.#startFence());
  }

  #startFence(): void {
    if (this.#isFenceUnderWay || !this.#mustFence) return;
    this.#mustFence = false;
    this.#isFenceUnderWay = true;
    this.#fence += 1;
    this.#timer = this.#clock.startTimer(this.#timeoutMs, () => this.#onSilence());
    this.#writeFence(`${fencePrefix}${this.#fence}`);
  }

  /** Looks whether a line answers a command. Gives true when it concerns nobody else. */
  take(line: IrcLine): boolean {
    if (line.command === 'PONG') return this.#takePong(line.parameters.at(-1) ?? '');
    const label = line.tags.get('label');
    for (const entry of this.#entries) {
      if (entry.fence === undefined) continue;
      if (entry.collects?.(line)) {
        if (entry.lines.length < maxCollected) entry.lines.push(line);
        return true;
      }
    }
    if (line.command === 'FAIL') return this.#takeFailure(line, label);
    if (!isRefusalCode(line.command)) return false;
    return this.#takeRefusal(line, label);
  }

  /** Whether a message from ourselves is the echo of a command that is under way. */
  takeEcho(line: IrcLine): void {
    const label = line.tags.get('label');
    const [target = '', text = ''] = line.parameters;
    for (const entry of this.#entries) {
      if (entry.fence === undefined || entry.echoText === undefined) continue;
      const isOurs =
        label === undefined ? entry.about === this.#fold(target) && entry.echoText === text : entry.label === label;
      if (!isOurs) continue;
      const msgid = line.tags.get('msgid');
      entry.identity = msgid === undefined ? undefined : toIdentity(msgid);
      this.#settle(entry, () => entry.resolve({ identity: entry.identity, lines: [] }));
      return;
    }
  }

  /** The connection has ended; `isExpelled`: the server wanted it so. */
  fail(reason: string, isExpelled: boolean): void {
    this.#timer?.cancel();
    for (const entry of [...this.#entries]) {
      this.#settle(entry, () => entry.reject(new IrcConnectionLost(reason, entry.fence !== undefined, isExpelled)));
    }
  }

  #takePong(token: string): boolean {
    if (!token.startsWith(fencePrefix) || Number(token.slice(fencePrefix.length)) !== this.#fence) return false;
    this.#timer?.cancel();
    this.#isFenceUnderWay = false;
    for (const entry of [...this.#entries]) {
      if (entry.fence === undefined || entry.fence > this.#fence) continue;
      this.#settle(entry, () => entry.resolve({ identity: entry.identity, lines: entry.lines }));
    }
    if (this.#mustFence) this.#startFence();
    return true;
  }

  #takeRefusal(line: IrcLine, label: string | undefined): boolean {
    const [, ...told] = line.parameters;
    const serverText = told.length > 1 ? (told.at(-1) ?? '') : (told[0] ?? '');
    const names = new Set(told.slice(0, 3).map((each) => this.#fold(each)));
    const isAboutAny = told.length <= 1 && isKnownRefusal(line.command);
    for (const entry of this.#entries) {
      if (entry.fence === undefined) continue;
      const isMeant = label === undefined ? names.has(entry.about) || isAboutAny : entry.label === label;
      if (!isMeant) continue;
      const about = told.find((each) => this.#fold(each) === entry.about) ?? told[0] ?? entry.about;
      const error = new IrcRefusal(refusalInWords(line.command, about, serverText), line.command);
      this.#settle(entry, () => entry.reject(error));
      return true;
    }
    return false;
  }

  /** `FAIL command code context... :description` (standard replies). */
  #takeFailure(line: IrcLine, label: string | undefined): boolean {
    const context = new Set(line.parameters.slice(2, -1).map((each) => this.#fold(each)));
    for (const entry of this.#entries) {
      const isMeant = label === undefined ? context.has(entry.about) : entry.label === label;
      if (entry.fence === undefined || !isMeant) continue;
      const text = line.parameters.at(-1) ?? 'the network refused it';
      this.#settle(entry, () => entry.reject(new IrcRefusal(text.slice(0, 300), line.parameters[1] ?? 'FAIL')));
      return true;
    }
    return false;
  }

  #settle(entry: Entry, settle: () => void): void {
    this.#entries.delete(entry);
    settle();
  }
}
