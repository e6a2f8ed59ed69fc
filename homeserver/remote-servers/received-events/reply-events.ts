import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { FindVerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { WantedKey } from '../keys/key-ring.ts';
import { examineEvent, judgeEvent, readExaminedEvent, WantedKeys } from './event-batch.ts';
import { orderByAuth } from './order-by-auth.ts';
import type { RefusedEvent } from './received-event.ts';
import { TextArena } from './text-arena.ts';

/** A sound event, as it crosses threads. */
export interface SoundEvent {
  readonly eventId: string;
  readonly pduJson: string;
}

const mostExamples = 20;

/**
 * The events of a large reply, tens of thousands of them: of each only its text is kept, packed, and the ids by which
 * they are put in order. Parsing an event once more to check its signature costs a fifth of that check; keeping its
 * objects costs some ten times its text in memory.
 */
export class ReplyEvents {
  readonly #rules: RoomVersionRules;
  readonly #texts = new TextArena();
  readonly #ids: string[] = [];
  readonly #authIds: (readonly string[])[] = [];
  readonly #wanted: WantedKeys;
  /** The few ids that most events name, each once. */
  readonly #named = new Map<string, string>();
  readonly #unsound = new Set<number>();
  #refusedCount = 0;
  readonly #refusedExamples: RefusedEvent[] = [];
  /** Numbers of what has not been read, the next at the end. */
  #unread: number[] = [];

  constructor(rules: RoomVersionRules) {
    this.#rules = rules;
    this.#wanted = new WantedKeys(rules);
  }

  /** Events of the right form so far. */
  get size(): number {
    return this.#ids.length;
  }

  get refusedCount(): number {
    return this.#refusedCount;
  }

  get refusedExamples(): readonly RefusedEvent[] {
    return this.#refusedExamples;
  }

  examine(bytes: Uint8Array): void {
    const examined = examineEvent(bytes, this.#rules);
    if (!('event' in examined)) {
      if (examined.problem) this.#refuse(examined);
      return;
    }
    const { eventId, event, pduJson } = examined;
    this.#wanted.add(event);
    this.#texts.add(pduJson);
    this.#ids.push(this.#onlyCopy(eventId));
    this.#authIds.push(event.auth_events.map((reference) => this.#onlyCopy(referencedEventId(reference))));
  }

  wantedKeys(): WantedKey[] {
    return this.#wanted.list();
  }

  /** Checks signatures and hash of an event, by its number. */
  judge(number: number, findKey: FindVerifyKey): void {
    const pduJson = this.#texts.get(number);
    const examined = readExaminedEvent(this.idOf(number), pduJson, this.#rules);
    const verdict = judgeEvent(examined, this.#rules, findKey);
    if (verdict.problem !== undefined) {
      this.#unsound.add(number);
      this.#refuse(verdict);
    } else if (verdict.pduJson !== pduJson) this.#texts.replace(number, verdict.pduJson);
  }

  /** After all are judged: the ids of the sound events among some numbers. */
  soundIds(start: number, end: number): string[] {
    return this.#ids.slice(start, end).filter((_, index) => !this.#unsound.has(start + index));
  }

  /** After all are judged: begins the reading of the sound ones, each once, although one may have come twice. */
  sort(): void {
    const sound = [...this.#ids.keys()].filter((number) => !this.#unsound.has(number));
    const events = sound.map((number) => ({ eventId: this.idOf(number), authEventIds: this.#authIds[number] ?? [] }));
    this.#unread = orderByAuth(events)
      .map((place) => sound[place] as number)
      .toReversed();
  }

  /** The next ones, auth events before what they authorise; none at the end. */
  read(limit: number): SoundEvent[] {
    const numbers = this.#unread.splice(-limit).toReversed();
    return numbers.map((number) => ({ eventId: this.idOf(number), pduJson: this.#texts.get(number) }));
  }

  idOf(number: number): string {
    const eventId = this.#ids[number];
    if (eventId === undefined) throw new RangeError(`there is no event ${number} in the reply`);
    return eventId;
  }

  #onlyCopy(id: string): string {
    const known = this.#named.get(id);
    if (known !== undefined) return known;
    this.#named.set(id, id);
    return id;
  }

  #refuse(refused: RefusedEvent): void {
    this.#refusedCount++;
    if (this.#refusedExamples.length < mostExamples) this.#refusedExamples.push(refused);
  }
}
