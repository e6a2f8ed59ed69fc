import type { Context } from '../platform/context.ts';
import type { EventPlace } from '../storage/federation/read-pdu-texts.ts';
import { readOutbox, type WaitingMessage } from './outbox.ts';
import type { PduTexts } from './pdu-texts.ts';
import type { Recovery } from './recovery.ts';
import { eduText, maxEdus, maxMessageCharacters, maxPduCharacters, maxPdus } from './transaction.ts';

/** An event on its way to other servers; one object for all of them. */
export interface QueuedPdu extends EventPlace {
  readonly eventId: string;
}

export interface QueuedEdu {
  readonly key: string;
  /** As it stands in the transaction. */
  readonly text: string;
  /** Of the entry that it comes from, where it must not be lost. */
  readonly place: EventPlace | undefined;
  readonly queuedAtMs: number;
}

/** What one transaction carries. */
export interface QueueBatch {
  readonly pdus: readonly { readonly eventId: string; readonly text: string }[];
  readonly edus: readonly string[];
  /**
   * Takes what was sent out of the queue: the first so many, events before EDUs; all where that is left out. Undefined:
   * that is not worth saving. A number: up to there, in the log of the home shard, messages to devices are among it.
   */
  acknowledge(items?: number): number | undefined;
  /** The message to devices that an item is, by its id in the outbox; undefined: it is something else. */
  messageId(item: number): number | undefined;
}

/** How many of a transaction's parts. */
interface SentItems {
  readonly pdus: number;
  readonly missedEdus: number;
  readonly messages: number;
  readonly edus: number;
}

/** More events than this wait in the tables, not in memory. */
export const maxQueuedPdus = 2_000;
const maxQueuedEdus = 500;
/** EDUs that may be lost are of no use after this. */
const briefMs = 20_000;

/**
 * What waits for one server, in the order of the log: first, where it was away, what the tables say that it missed,
 * then what came since. Holds references to events, not the events.
 */
export class DestinationQueue {
  readonly server: string;
  readonly #context: Context;
  readonly #texts: PduTexts;
  #pdus: QueuedPdu[] = [];
  readonly #edus = new Map<string, QueuedEdu>();
  #recovery: Recovery | undefined;
  /** Set while nothing is taken in, because the tables keep it: what the server had then, and has once what is under way arrives. */
  #left: { readonly reached: readonly number[]; readonly sent: readonly number[] } | undefined;
  /** How many of the first events are in the transaction under way. */
  #sending = 0;
  #isSendingMessages = false;
  /** Messages to devices may wait in their turn. */
  mayHaveMessages: boolean;

  constructor(context: Context, server: string, texts: PduTexts, mayHaveMessages: boolean) {
    this.#context = context;
    this.server = server;
    this.#texts = texts;
    this.mayHaveMessages = mayHaveMessages;
  }

  get length(): number {
    return this.#pdus.length + this.#edus.size;
  }

  /** Not all that waits is in memory. */
  get isRecovering(): boolean {
    return this.#recovery !== undefined || this.#left !== undefined;
  }

  /** What the server had when what waits was left to the tables; undefined when it was not, or a transaction is under way. */
  get leftAt(): readonly number[] | undefined {
    return this.#sending > 0 ? undefined : this.#left?.reached;
  }

  get isEmpty(): boolean {
    return this.length === 0 && !this.isRecovering && !this.mayHaveMessages;
  }

  /** What was left to the tables comes first, from `recovery`; what is added from now on comes after it. */
  recover(recovery: Recovery): void {
    this.#recovery = recovery;
    this.#left = undefined;
  }

  addPdu(pdu: QueuedPdu, routed: readonly number[]): void {
    if (this.#left) return;
    this.#pdus.push(pdu);
    if (this.#pdus.length > maxQueuedPdus) this.leaveToTables(routed);
  }

  addEdu(edu: QueuedEdu, routed: readonly number[]): void {
    if (this.#left && edu.place) return;
    // At the end again: it is new.
    this.#edus.delete(edu.key);
    this.#edus.set(edu.key, edu);
    if (this.#edus.size <= maxQueuedEdus) return;
    for (const [key, { place }] of this.#edus) {
      if (place) continue;
      this.#edus.delete(key);
      return;
    }
    this.leaveToTables(routed);
  }

  /**
   * By shard: all that is for the server up to there has reached it, given how far the logs have been routed. What may
   * be lost does not count.
   */
  reached(routed: readonly number[]): number[] {
    if (this.#recovery) return [...this.#recovery.reached];
    if (this.#left) return [...this.#left.reached];
    return before([...this.#pdus, ...this.#durableEdus()], routed);
  }

  /** Forgets all but what is on its way, and takes nothing in until `recover`: from here on the tables know what waits. */
  leaveToTables(routed: readonly number[]): void {
    if (this.#left) return;
    if (this.#recovery) {
      // What the queue holds comes after the recovery, which ends where the queue began: it starts again from there.
      this.#left = { reached: this.reached(routed), sent: this.reached(routed) };
      this.#recovery = undefined;
    } else {
      const durable = this.#durableEdus();
      const sent = before([...this.#pdus.slice(this.#sending), ...durable], routed);
      this.#left = { reached: before([...this.#pdus, ...durable], routed), sent };
    }
    this.#pdus = this.#pdus.slice(0, this.#sending);
    this.#edus.clear();
  }

  /** What the next transaction carries; undefined when nothing waits. Nothing else is taken until it is acknowledged. */
  async nextBatch(): Promise<QueueBatch | undefined> {
    const step = await this.#recovery?.next();
    if (this.#recovery && !step) this.#recovery = undefined;
    const queued = step ? [] : this.#pdus.slice(0, maxPdus);
    const wanted = step?.pdus ?? queued;
    const texts = await this.#texts.get(wanted);
    const count = countFitting(texts);
    const pdus = wanted.slice(0, count).flatMap(({ eventId }, place) => {
      const text = texts[place];
      return text === undefined ? [] : [{ eventId, text, place }];
    });
    const missedEdus = step?.edus.slice(0, maxEdus) ?? [];
    const edus = step ? [] : this.#takeEdus(maxEdus);
    const messages = await this.#readMessages(maxEdus - missedEdus.length - edus.length);
    const eduTexts = [...missedEdus.map(eduText), ...[...messages, ...edus].map(({ text }) => text)];
    if (count === 0 && eduTexts.length === 0) return undefined;
    if (!step) this.#sending = count;
    let before: SentItems = { pdus: 0, missedEdus: 0, messages: 0, edus: 0 };
    return {
      pdus,
      edus: eduTexts,
      messageId: (item) => messages[item - pdus.length - missedEdus.length]?.id,
      acknowledge: (items = Infinity) => {
        const left = Math.max(0, items - pdus.length);
        const sent: SentItems = {
          // With those before the next one that are no longer stored.
          pdus: pdus[items]?.place ?? count,
          missedEdus: Math.min(left, missedEdus.length),
          messages: Math.min(Math.max(0, left - missedEdus.length), messages.length),
          edus: Math.min(Math.max(0, left - missedEdus.length - messages.length), edus.length),
        };
        const isWorthSaving = this.#acknowledge(step !== undefined, sent, before, edus);
        before = sent;
        return isWorthSaving || sent.messages > 0 ? (messages[sent.messages - 1]?.id ?? 0) : undefined;
      },
    };
  }

  /** The transaction under way came to nothing. */
  fail(): void {
    this.#sending = 0;
    if (this.#isSendingMessages) this.mayHaveMessages = true;
  }

  /** `before`: what of the same transaction was acknowledged already. */
  #acknowledge(isRecovered: boolean, sent: SentItems, before: SentItems, edus: readonly QueuedEdu[]): boolean {
    if (isRecovered) {
      this.#recovery?.advance(sent.pdus - before.pdus, sent.missedEdus - before.missedEdus);
      return true;
    }
    const count = Math.min(this.#sending, sent.pdus - before.pdus);
    this.#pdus.splice(0, count);
    this.#sending -= count;
    const sentEdus = edus.slice(before.edus, sent.edus);
    for (const edu of sentEdus) if (this.#edus.get(edu.key) === edu) this.#edus.delete(edu.key);
    if (this.#left && this.#sending === 0) this.#left = { ...this.#left, reached: this.#left.sent };
    return count > 0 || sentEdus.some(({ place }) => place !== undefined);
  }

  #durableEdus(): EventPlace[] {
    return [...this.#edus.values()].flatMap(({ place }) => place ?? []);
  }

  #takeEdus(limit: number): QueuedEdu[] {
    const oldestMs = this.#context.clock.monotonicMs() - briefMs;
    for (const [key, { place, queuedAtMs }] of this.#edus) {
      if (!place && queuedAtMs < oldestMs) this.#edus.delete(key);
    }
    return [...this.#edus.values()].slice(0, limit);
  }

  async #readMessages(limit: number): Promise<WaitingMessage[]> {
    this.#isSendingMessages = this.mayHaveMessages;
    if (!this.mayHaveMessages || limit <= 0) return [];
    // Those that come from here on say so again.
    this.mayHaveMessages = false;
    try {
      const messages = await readOutbox(this.#context, this.server, limit, maxMessageCharacters);
      // There may be more.
      if (messages.length > 0) this.mayHaveMessages = true;
      return messages;
    } catch (error) {
      this.mayHaveMessages = true;
      throw error;
    }
  }
}

/** The positions just before the first of the places in each shard, and `routed` where there is none. */
function before(places: readonly EventPlace[], routed: readonly number[]): number[] {
  const positions = [...routed];
  for (const { shard, position } of places) positions[shard] = Math.min(positions[shard] ?? 0, position - 1);
  return positions;
}

/** How many of the first texts fit into a transaction; events that are no longer stored take no room. */
function countFitting(texts: readonly (string | undefined)[]): number {
  let characters = 0;
  for (const [index, text] of texts.entries()) {
    characters += text?.length ?? 0;
    if (index > 0 && characters > maxPduCharacters) return index;
  }
  return texts.length;
}
