import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { FindVerifyKey, VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { EventBatch, type EventVerdict } from './event-batch.ts';
import { orderByAuth } from './order-by-auth.ts';
import type { ReceivedEventInput, RefusedEvent } from './received-event.ts';
import { splitReply } from './split-reply.ts';
import type { FoundKey, JudgedBatch, WorkerAnswers } from './worker-messages.ts';

type SoundEvent = WorkerAnswers['read'][number];

/** So many events are worked off before another batch of the same worker gets its turn. */
const sliceLength = 50;
const mostExamples = 20;

/** One batch of events in a worker: examined, judged, and, where it came as one large reply, read in parts. */
export class WorkerBatch {
  readonly #takeTurn: () => Promise<void>;
  #chunks: Uint8Array[] = [];
  #batch: EventBatch | undefined;
  /** Of a split reply: which events of the batch are in which array. */
  readonly #arrays = new Map<string, { readonly start: number; readonly end: number }>();
  #isSplit = false;
  #unread: SoundEvent[] = [];

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

  addBytes(bytes: Uint8Array): null {
    this.#chunks.push(bytes);
    return null;
  }

  async split(version: string, arrayNames: readonly string[]): Promise<WorkerAnswers['split']> {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    const { members, arrays } = splitReply(bytes, arrayNames);
    const batch = new EventBatch(rulesOf(version));
    for (const [name, ranges] of arrays) {
      const start = batch.size;
      await this.#inSlices(ranges.length, (index) => {
        const [from, to] = ranges[index] ?? [0, 0];
        batch.examine(bytes.subarray(from, to));
      });
      this.#arrays.set(name, { start, end: batch.size });
    }
    this.#batch = batch;
    this.#isSplit = true;
    return { members, wanted: batch.wantedKeys() };
  }

  async judge(keys: readonly FoundKey[]): Promise<JudgedBatch> {
    const batch = this.#batch;
    if (!batch) throw new Error('there is nothing to judge');
    const findKey = keyFinder(keys);
    const verdicts: EventVerdict[] = [];
    await this.#inSlices(batch.size, (index) => verdicts.push(batch.judge(index, findKey)));
    this.#batch = undefined;
    if (!this.#isSplit) return { verdicts, arrays: {}, refusedCount: 0, refusedExamples: [] };
    const refused = verdicts.filter((verdict): verdict is RefusedEvent => verdict.problem !== undefined);
    this.#unread = sortSound(verdicts.filter((verdict) => verdict.problem === undefined)).toReversed();
    const idsOf = ({ start, end }: { start: number; end: number }) =>
      verdicts.slice(start, end).flatMap((verdict) => (verdict.problem === undefined ? [verdict.eventId] : []));
    return {
      verdicts: [],
      arrays: Object.fromEntries([...this.#arrays].map(([name, range]) => [name, idsOf(range)])),
      refusedCount: refused.length,
      refusedExamples: refused.slice(0, mostExamples),
    };
  }

  /** The next events of a split reply, auth events before what they authorise. */
  read(limit: number): readonly SoundEvent[] {
    return this.#unread.splice(-limit).toReversed();
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

/** Each event once, although an event may be in several arrays. */
function sortSound(events: readonly SoundEvent[]): SoundEvent[] {
  const unique = [...new Map(events.map((event) => [event.eventId, event])).values()];
  const order = orderByAuth(
    unique.map(({ eventId, pduJson }) => {
      const { auth_events: authEvents } = JSON.parse(pduJson) as Pdu;
      return { eventId, authEventIds: authEvents.map(referencedEventId) };
    }),
  );
  return order.flatMap((place) => unique[place] ?? []);
}
