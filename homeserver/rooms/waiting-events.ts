/** An event of another server that waits for others. */
interface WaitingNote {
  readonly origin: string;
  readonly isFetched: boolean;
  /** Of its text. */
  readonly characters: number;
  /** Ids of what it waits for. */
  missing: Set<string>;
}

export interface WaitingEventNote extends Pick<WaitingNote, 'origin' | 'isFetched' | 'characters'> {
  readonly missing: Iterable<string>;
}

/**
 * The events of other servers that wait in a room for others that they refer to, and which of them need not any more.
 * What an event that has come costs does not depend on how many wait.
 */
export class WaitingEvents {
  readonly #notes = new Map<string, WaitingNote>();
  /** By what is missing: which events wait for it. */
  readonly #waiters = new Map<string, Set<string>>();
  readonly #ready = new Set<string>();
  readonly #sentBy = new Map<string, number>();
  #characters = 0;

  get size(): number {
    return this.#notes.size;
  }

  /** Of all their texts. */
  get characters(): number {
    return this.#characters;
  }

  /** Whether there are events that nothing is missing for any more. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  has(eventId: string): boolean {
    return this.#notes.has(eventId);
  }

  /** How many a server sent; those that it was asked for are not among them. */
  countSentBy(origin: string): number {
    return this.#sentBy.get(origin) ?? 0;
  }

  /** Of one that waits already, only what it waits for is another. */
  set(eventId: string, { origin, isFetched, characters, missing }: WaitingEventNote): void {
    const known = this.#notes.get(eventId);
    const note = known ?? { origin, isFetched, characters, missing: new Set() };
    if (known) this.#forgetMissing(eventId, known);
    else this.#count(note, 1);
    note.missing = new Set(missing);
    this.#notes.set(eventId, note);
    for (const missingId of note.missing) {
      const waiters = this.#waiters.get(missingId);
      if (waiters) waiters.add(eventId);
      else this.#waiters.set(missingId, new Set([eventId]));
    }
    if (note.missing.size === 0) this.#ready.add(eventId);
  }

  /** Gives whether it waited. */
  delete(eventId: string): boolean {
    const note = this.#notes.get(eventId);
    if (!note) return false;
    this.#forgetMissing(eventId, note);
    this.#notes.delete(eventId);
    this.#count(note, -1);
    return true;
  }

  /** What others may have waited for is here. */
  hasCome(eventId: string): void {
    const waiters = this.#waiters.get(eventId);
    if (!waiters) return;
    this.#waiters.delete(eventId);
    for (const waiterId of waiters) {
      const note = this.#notes.get(waiterId);
      note?.missing.delete(eventId);
      if (note?.missing.size === 0) this.#ready.add(waiterId);
    }
  }

  /**
   * Events that nothing is missing for, and those that nothing will be missing for once these are here, at most `limit`:
   * what comes after each other is taken in together.
   */
  readyInTurn(limit: number): string[] {
    const taken = [...this.#ready].slice(0, limit);
    const left = new Map<string, number>();
    for (let index = 0; index < taken.length && taken.length < limit; index++) {
      for (const waiterId of this.#waiters.get(taken[index] ?? '') ?? []) {
        const count = (left.get(waiterId) ?? this.#notes.get(waiterId)?.missing.size ?? 0) - 1;
        left.set(waiterId, count);
        if (count === 0 && taken.length < limit) taken.push(waiterId);
      }
    }
    return taken;
  }

  #count({ origin, isFetched, characters }: WaitingNote, change: 1 | -1): void {
    this.#characters += change * characters;
    if (isFetched) return;
    const sent = this.countSentBy(origin) + change;
    if (sent > 0) this.#sentBy.set(origin, sent);
    else this.#sentBy.delete(origin);
  }

  #forgetMissing(eventId: string, { missing }: WaitingNote): void {
    this.#ready.delete(eventId);
    for (const missingId of missing) {
      const waiters = this.#waiters.get(missingId);
      waiters?.delete(eventId);
      if (waiters?.size === 0) this.#waiters.delete(missingId);
    }
  }
}
