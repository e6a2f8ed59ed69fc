import { type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { FindVerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { createEventIdOfRoomId } from '@holdfast/protocol/identifiers/room-id.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { WantedKey } from '../keys/key-ring.ts';
import { type EventVerdict, examineEvent, judgeEvent, readExaminedEvent, WantedKeys } from './event-batch.ts';
import { orderByAuth } from './order-by-auth.ts';
import type { RefusedEvent } from './received-event.ts';
import { TextArena } from './text-arena.ts';

/** A sound event, as it crosses threads. */
export interface SoundEvent {
  readonly eventId: string;
  readonly pduJson: string;
}

/** Events that were dropped: how many, and the first of them. */
export interface RefusedEvents {
  readonly count: number;
  readonly examples: readonly RefusedEvent[];
}

/** Whether a key that is missing may be why. Of many refused events only the first are known. */
export function mayBeSound({ count, examples }: RefusedEvents): boolean {
  return count > examples.length || examples.some(({ problem }) => problem.kind === 'key');
}

const mostExamples = 20;
/** Of one event. */
const mostCopies = 3;

export interface ReplyEventsOptions {
  /** Ids of events that are not wanted again. */
  readonly known: ReadonlySet<string>;
  /** Events can be read before the last one is here: each as soon as all that authorise it are known or were read. */
  readonly isReadEarly?: boolean;
}

/** What is read before the end. */
interface EarlyReading {
  /** Ids of the sound events that were read. */
  readonly given: Set<string>;
  /** Numbers of first texts, by an id that must be given before. */
  readonly waiting: Map<string, number[]>;
  /** Numbers of first texts whose keys have not come yet. */
  withoutKey: number[];
}

/**
 * The events of a large reply, tens of thousands of them: of each only its text is kept, packed, and the ids by which
 * they are put in order. Parsing an event once more to check its signature costs a fifth of that check; keeping its
 * objects costs some ten times its text in memory. What is read early is not kept until all are here.
 */
export class ReplyEvents {
  readonly #rules: RoomVersionRules;
  readonly #known: ReadonlySet<string>;
  readonly #texts = new TextArena();
  /** Of each text. */
  readonly #ids: string[] = [];
  /** The number of each id's first text, and of further ones: another copy, with other signatures. */
  readonly #numbers = new Map<string, [number, ...number[]]>();
  readonly #authIds: (readonly string[])[] = [];
  readonly #wanted: WantedKeys;
  /** The few ids that most events name, each once. */
  readonly #named = new Map<string, string>();
  #refusedCount = 0;
  readonly #refusedExamples: RefusedEvent[] = [];
  /** Numbers of first texts that can be read, the next at the end. */
  #unread: number[] = [];
  #early: EarlyReading | undefined;

  constructor(rules: RoomVersionRules, { known, isReadEarly = false }: ReplyEventsOptions) {
    this.#rules = rules;
    this.#known = known;
    this.#wanted = new WantedKeys(rules);
    if (isReadEarly) this.#early = { given: new Set(), waiting: new Map(), withoutKey: [] };
  }

  get refused(): RefusedEvents {
    return { count: this.#refusedCount, examples: this.#refusedExamples };
  }

  /** Gives the id of an event of the right form; undefined: it is refused. */
  examine(bytes: Uint8Array): string | undefined {
    const examined = examineEvent(bytes, this.#rules);
    if (!('event' in examined)) {
      this.#refuse(examined);
      return undefined;
    }
    if (this.#known.has(examined.eventId) || this.#early?.given.has(examined.eventId)) return examined.eventId;
    const { event, pduJson } = examined;
    const eventId = this.#onlyCopy(examined.eventId);
    const copies = this.#numbers.get(eventId);
    if (copies && (copies.length >= mostCopies || copies.some((number) => this.#texts.get(number) === pduJson))) {
      return eventId;
    }
    this.#wanted.add(event);
    const number = this.#texts.add(pduJson);
    this.#ids.push(eventId);
    if (copies) copies.push(number);
    else this.#numbers.set(eventId, [number]);
    this.#authIds.push(authEventIdsOf(event, this.#rules).map((id) => this.#onlyCopy(id)));
    if (!copies) this.#readWhenAuthorised(number);
    return eventId;
  }

  wantedKeys(): WantedKey[] {
    return this.#wanted.list();
  }

  /** So many can be read before the next are here. */
  get readable(): number {
    return this.#unread.length;
  }

  /** Keys have come: what could not be read without is tried again. */
  tryAgain(): void {
    if (!this.#early) return;
    this.#unread.push(...this.#early.withoutKey);
    this.#early.withoutKey = [];
  }

  /** After all are examined: begins the reading, auth events before what they authorise, each event once. */
  sort(): void {
    this.#early = undefined;
    const numbers = [...this.#numbers.values()].map(([first]) => first);
    const events = numbers.map((number) => ({
      eventId: this.#idOf(number),
      authEventIds: this.#authIds[number] ?? [],
    }));
    this.#unread = orderByAuth(events)
      .map((place) => numbers[place] as number)
      .toReversed();
    this.#authIds.length = 0;
    this.#named.clear();
  }

  get isRead(): boolean {
    return this.#unread.length === 0;
  }

  /** Checks signatures and hash of the next event; undefined: it is refused, or waits for a key. */
  readNext(findKey: FindVerifyKey): SoundEvent | undefined {
    const next = this.#unread.pop();
    if (next === undefined) return undefined;
    const eventId = this.#idOf(next);
    const copies = this.#numbers.get(eventId) ?? [];
    const verdict = this.#firstSound(eventId, copies, findKey);
    if (verdict?.problem?.kind === 'key' && this.#early) {
      this.#early.withoutKey.push(next);
      return undefined;
    }
    for (const number of copies) {
      this.#texts.forget(number);
      this.#authIds[number] = [];
    }
    this.#numbers.delete(eventId);
    if (verdict?.problem !== undefined) this.#refuse(verdict);
    if (verdict === undefined || verdict.problem !== undefined) return undefined;
    if (this.#early) this.#give(this.#early, eventId);
    return verdict;
  }

  #firstSound(eventId: string, copies: readonly number[], findKey: FindVerifyKey): EventVerdict | undefined {
    let refused: RefusedEvent | undefined;
    for (const number of copies) {
      const examined = readExaminedEvent(eventId, this.#texts.get(number), this.#rules);
      const verdict = judgeEvent(examined, this.#rules, findKey);
      if (verdict.problem === undefined) return verdict;
      // A copy that may be sound once its key is here says more than one that never is.
      if (refused === undefined || verdict.problem.kind === 'key') refused = verdict;
    }
    return refused;
  }

  #readWhenAuthorised(number: number): void {
    if (!this.#early) return;
    const { given, waiting } = this.#early;
    const lacking = this.#authIds[number]?.find((id) => !this.#known.has(id) && !given.has(id));
    if (lacking === undefined) this.#unread.push(number);
    else if (waiting.get(lacking)?.push(number) === undefined) waiting.set(lacking, [number]);
  }

  #give({ given, waiting }: EarlyReading, eventId: string): void {
    given.add(eventId);
    const freed = waiting.get(eventId) ?? [];
    waiting.delete(eventId);
    for (const number of freed) this.#readWhenAuthorised(number);
  }

  #idOf(number: number): string {
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

/** Those that an event names; from room version 12 on the create event, which none names, authorises all others, too. */
function authEventIdsOf(event: Pdu, { roomIdIsCreateHash }: RoomVersionRules): string[] {
  const named = event.auth_events.map(referencedEventId);
  const { room_id: roomId } = event;
  if (!roomIdIsCreateHash || roomId === undefined || event.type === 'm.room.create') return named;
  return [...named, createEventIdOfRoomId(roomId)];
}
