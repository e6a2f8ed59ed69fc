import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import type { IrcEvent, SplitPerson } from '../irc-event.ts';

/** Two names of servers and nothing else; some networks write `*.net *.split`. */
const serverName = /^(?=.{3,64}$)(?:\*|[A-Za-z0-9-]+)(?:\.[A-Za-z0-9-]+)+$/;

/** Whether the reason of a QUIT is that of a netsplit. Servers put something in front of reasons that people give. */
export function isSplitReason(reason: string): boolean {
  const names = reason.split(' ');
  return names.length === 2 && names[0] !== names[1] && names.every((name) => serverName.test(name));
}

/** Beyond so many QUITs and JOINs the event is told before the window ends. */
const maxCollected = 5_000;
/** How long people are remembered as split. */
const rememberMs = 30 * 60_000;
const maxRemembered = 50_000;

/** Collects the QUITs of a netsplit, and the JOINs after it, into one event each. */
export class Netsplits {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #fold: (name: string) => string;
  readonly #tell: (event: IrcEvent) => void;
  readonly #leaving = new Map<string, Map<string, SplitPerson>>();
  readonly #coming = new Map<string, { nick: string; channels: string[] }>();
  /** Who is split, and until when that is remembered. */
  readonly #away = new Map<string, number>();
  #collected = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, windowMs: number, fold: (name: string) => string, tell: (event: IrcEvent) => void) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#fold = fold;
    this.#tell = tell;
  }

  addQuit(person: SplitPerson, reason: string): void {
    const people = this.#leaving.get(reason) ?? new Map<string, SplitPerson>();
    this.#leaving.set(reason, people);
    people.set(this.#fold(person.nick), person);
    if (this.#away.size >= maxRemembered) this.#away.clear();
    this.#away.set(this.#fold(person.nick), this.#clock.monotonicMs() + rememberMs);
    this.#wait();
  }

  /** Whether this JOIN is of somebody who was split; then it is told with the others. */
  takeJoin(nick: string, channel: string): boolean {
    const folded = this.#fold(nick);
    const coming = this.#coming.get(folded);
    if (coming) {
      coming.channels.push(channel);
      this.#wait();
      return true;
    }
    const untilMs = this.#away.get(folded);
    if (untilMs === undefined) return false;
    this.#away.delete(folded);
    if (untilMs < this.#clock.monotonicMs()) return false;
    this.#coming.set(folded, { nick, channels: [channel] });
    this.#wait();
    return true;
  }

  /** Tells what was collected: before anything of these people, or at the end of the window. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#collected = 0;
    const [left, came] = [[...this.#leaving], [...this.#coming.values()]];
    this.#leaving.clear();
    this.#coming.clear();
    for (const [reason, people] of left) this.#tell({ kind: 'netsplit', people: [...people.values()], reason });
    if (came.length > 0) this.#tell({ kind: 'netjoin', people: came });
  }

  /** Before an event of somebody is told, what was collected of them must be. */
  flushFor(nick: string): void {
    const folded = this.#fold(nick);
    const isCollected = this.#coming.has(folded) || [...this.#leaving.values()].some((people) => people.has(folded));
    if (isCollected) this.flush();
  }

  close(): void {
    this.flush();
    this.#away.clear();
  }

  #wait(): void {
    this.#collected += 1;
    if (this.#collected >= maxCollected) return this.flush();
    this.#timer ??= this.#clock.startTimer(this.#windowMs, () => this.flush());
  }
}
