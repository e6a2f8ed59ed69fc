import type { FindVerifyKey, VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { EventBatch, type EventVerdict } from './event-batch.ts';
import type { ReceivedEventInput } from './received-event.ts';
import { ReplyEvents, type SoundEvent } from './reply-events.ts';
import { ReplySplitter } from './split-reply.ts';
import type { FoundKey, JudgedBatch, WorkerAnswers } from './worker-messages.ts';

/** So many events are worked off before another batch of the same worker gets its turn. */
const sliceLength = 50;

/** A reply that is taken apart while it comes. */
interface SplitReply {
  readonly splitter: ReplySplitter;
  readonly events: ReplyEvents;
  /** Which numbers of the events are in which array. */
  readonly arrays: Map<string, { readonly start: number; end: number }>;
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
  split(version: string, arrayNames: readonly string[]): null {
    const events = new ReplyEvents(rulesOf(version));
    const arrays: SplitReply['arrays'] = new Map();
    const splitter = new ReplySplitter(arrayNames, (name, element) => {
      const array = arrays.get(name) ?? { start: events.size, end: events.size };
      arrays.set(name, array);
      events.examine(element);
      array.end = events.size;
    });
    this.#reply = { splitter, events, arrays };
    return null;
  }

  addBytes(bytes: Uint8Array): null {
    this.#openReply().splitter.push(bytes);
    return null;
  }

  endBytes(): WorkerAnswers['end-bytes'] {
    const { splitter, events, arrays } = this.#openReply();
    const { members, arrays: names } = splitter.end();
    for (const name of names) if (!arrays.has(name)) arrays.set(name, { start: 0, end: 0 });
    return { members, wanted: events.wantedKeys() };
  }

  async judge(keys: readonly FoundKey[]): Promise<JudgedBatch> {
    const findKey = keyFinder(keys);
    if (this.#reply) return await this.#judgeReply(this.#reply, findKey);
    const batch = this.#batch;
    if (!batch) throw new Error('there is nothing to judge');
    const verdicts: EventVerdict[] = [];
    await this.#inSlices(batch.size, (index) => verdicts.push(batch.judge(index, findKey)));
    this.#batch = undefined;
    return { verdicts, arrays: {}, refusedCount: 0, refusedExamples: [] };
  }

  /** The next events of a split reply, auth events before what they authorise. */
  read(limit: number): readonly SoundEvent[] {
    return this.#openReply().events.read(limit);
  }

  async #judgeReply({ events, arrays }: SplitReply, findKey: FindVerifyKey): Promise<JudgedBatch> {
    await this.#inSlices(events.size, (number) => events.judge(number, findKey));
    events.sort();
    const { refusedCount, refusedExamples } = events;
    return {
      verdicts: [],
      arrays: Object.fromEntries([...arrays].map(([name, { start, end }]) => [name, events.soundIds(start, end)])),
      refusedCount,
      refusedExamples,
    };
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
