import type { FindVerifyKey, VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { EventBatch, type EventVerdict } from './event-batch.ts';
import type { ReceivedEventInput } from './received-event.ts';
import { ReplyEvents, type SoundEvent } from './reply-events.ts';
import { ReplySplitter } from './split-reply.ts';
import { freeBytes } from './text-arena.ts';
import type { FoundKey, WorkerAnswers, WorkerRequest } from './worker-messages.ts';

/** So many events are worked off before another batch of the same worker gets its turn. */
const sliceLength = 50;

/** A reply that is taken apart while it comes. */
interface SplitReply {
  readonly splitter: ReplySplitter;
  readonly events: ReplyEvents;
  /** The ids in each array. */
  readonly arrays: Map<string, string[]>;
  readonly isReadEarly: boolean;
  /** All that have come so far. */
  keys: FoundKey[];
  /** So many have been told. */
  keysWanted: number;
  findKey: FindVerifyKey;
}

/** One batch of events in a worker: examined, judged, and, where it came as one large reply, read in parts. */
export class WorkerBatch {
  readonly #takeTurn: () => Promise<void>;
  #batch: EventBatch | undefined;
  #reply: SplitReply | undefined;

  /** `takeTurn` lets others go on. */
  constructor(takeTurn: () => Promise<void>) {
    this.#takeTurn = takeTurn;
  }

  async examine(version: string, events: readonly ReceivedEventInput[]): Promise<WorkerAnswers['examine']> {
    const batch = new EventBatch(rulesOf(version));
    this.#batch = batch;
    await this.#inSlices(events.length, (index) => batch.examine(events[index] ?? ''));
    return batch.wantedKeys();
  }

  /** The bytes of a reply are about to come. */
  split(request: Extract<WorkerRequest, { readonly kind: 'split' }>): null {
    const { version, arrays: arrayNames, known, isReadEarly = false } = request;
    const events = new ReplyEvents(rulesOf(version), { known: new Set(known), isReadEarly });
    const arrays: SplitReply['arrays'] = new Map();
    const splitter = new ReplySplitter(arrayNames, (name, element) => {
      const eventId = events.examine(element);
      const array = arrays.get(name) ?? [];
      arrays.set(name, array);
      if (eventId !== undefined && !isReadEarly) array.push(eventId);
    });
    this.#reply = { splitter, events, arrays, isReadEarly, keys: [], keysWanted: 0, findKey: () => undefined };
    return null;
  }

  addBytes(bytes: Uint8Array): WorkerAnswers['add-bytes'] {
    const reply = this.#openReply();
    reply.splitter.push(bytes);
    freeBytes(bytes);
    if (!reply.isReadEarly) return { readable: 0, wanted: [] };
    const wanted = reply.events.wantedKeys().slice(reply.keysWanted);
    reply.keysWanted += wanted.length;
    return { readable: reply.events.readable, wanted };
  }

  endBytes(): WorkerAnswers['end-bytes'] {
    const { splitter, events, arrays } = this.#openReply();
    const { members, arrays: names } = splitter.end();
    events.sort();
    const ids = names.map((name) => [name, arrays.get(name) ?? []] as const);
    return { members, arrays: Object.fromEntries(ids), wanted: events.wantedKeys() };
  }

  async judge(keys: readonly FoundKey[]): Promise<WorkerAnswers['judge']> {
    const verdicts: EventVerdict[] = [];
    if (this.#reply) {
      this.#reply.keys = [...this.#reply.keys, ...keys];
      this.#reply.findKey = keyFinder(this.#reply.keys);
      this.#reply.events.tryAgain();
      return verdicts;
    }
    const batch = this.#batch;
    if (!batch) throw new Error('there is nothing to judge');
    const findKey = keyFinder(keys);
    await this.#inSlices(batch.size, (index) => verdicts.push(batch.judge(index, findKey)));
    this.#batch = undefined;
    return verdicts;
  }

  /** The next events of a split reply, auth events before what they authorise. */
  async read(limit: number): Promise<WorkerAnswers['read']> {
    const reply = this.#openReply();
    const { events } = reply;
    const sound: SoundEvent[] = [];
    for (let looked = 1; sound.length < limit && !events.isRead; looked++) {
      const event = events.readNext(reply.findKey);
      if (event) sound.push(event);
      if (looked % sliceLength === 0) await this.#takeTurn();
    }
    return { events: sound, refused: events.refused };
  }

  #openReply(): SplitReply {
    if (!this.#reply) throw new Error('there is no reply');
    return this.#reply;
  }

  async #inSlices(count: number, work: (index: number) => void): Promise<void> {
    for (let index = 0; index < count; index++) {
      if (index > 0 && index % sliceLength === 0) await this.#takeTurn();
      work(index);
    }
  }
}

function rulesOf(version: string): RoomVersionRules {
  const rules = roomVersionRules(version);
  if (!rules) throw new Error(`unknown room version ${version}`);
  return rules;
}

/** Keys that have crossed threads, for look-ups. */
export function keyFinder(keys: readonly FoundKey[]): FindVerifyKey {
  const found = new Map<string, VerifyKey>(keys.map(([serverName, keyId, key]) => [`${serverName} ${keyId}`, key]));
  return (serverName, keyId) => found.get(`${serverName} ${keyId}`);
}
