import { setTimeout as delay } from 'node:timers/promises';
import { type Summary, summarize } from '../load/summary.ts';

/** Notes which numbered message was sent when, by whom, and when it came. */
export class DeliveryBook {
  readonly #sentMs: number[] = [];
  readonly #senders: number[] = [];
  readonly #cameMs: (number | undefined)[] = [];
  readonly #lastOfSender = new Map<number, number>();
  #came = 0;
  #problem: string | undefined;
  lastCameMs = 0;

  get sent(): number {
    return this.#sentMs.length;
  }

  get came(): number {
    return this.#came;
  }

  /** Gives a message of a sender its number; it is being sent from now on. */
  send(sender: number): number {
    this.#senders.push(sender);
    this.#cameMs.push(undefined);
    return this.#sentMs.push(performance.now()) - 1;
  }

  /** Has come. What comes twice, or before an earlier one of its sender, is a fault. */
  receive(number: number): void {
    const nowMs = performance.now();
    const sender = this.#senders[number];
    if (sender === undefined) return this.#blame(`message ${number} was never sent`);
    if (this.#cameMs[number] !== undefined) return this.#blame(`message ${number} came twice`);
    if (number < (this.#lastOfSender.get(sender) ?? -1)) this.#blame(`message ${number} came out of order`);
    this.#lastOfSender.set(sender, number);
    this.#cameMs[number] = nowMs;
    this.#came += 1;
    this.lastCameMs = nowMs;
  }

  #blame(problem: string): void {
    this.#problem ??= problem;
  }

  /** Waits until all that was sent has come. Throws when it has not within the time, or something came wrongly. */
  async waitForAll(patienceMs: number): Promise<void> {
    for (const endMs = performance.now() + patienceMs; this.#came < this.sent && performance.now() < endMs; ) {
      await delay(2);
    }
    if (this.#problem !== undefined) throw new Error(this.#problem);
    if (this.#came < this.sent) throw new Error(`${this.sent - this.#came} of ${this.sent} messages did not come`);
  }

  /** How many came in a span of time. */
  cameBetween(fromMs: number, toMs: number): number {
    return this.#cameMs.reduce(
      (count: number, ms) => (ms !== undefined && ms >= fromMs && ms < toMs ? count + 1 : count),
      0,
    );
  }

  /** Milliseconds from sending until coming, of the messages that are meant. */
  delays(isMeant: (sender: number, number: number) => boolean = () => true): Summary {
    return summarize(this.delaysMs(isMeant));
  }

  delaysMs(isMeant: (sender: number, number: number) => boolean): number[] {
    const delays: number[] = [];
    for (const [number, sentMs] of this.#sentMs.entries()) {
      const cameMs = this.#cameMs[number];
      if (cameMs !== undefined && isMeant(this.#senders[number] ?? 0, number)) delays.push(cameMs - sentMs);
    }
    return delays;
  }
}
