import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';

/** Some 6,500 messages: what sends them is rarely seconds behind, and what it does not find here is one query. */
export const mostCharacters = 4 * 1024 * 1024;
/** What is left when that is full: looking for the oldest is not for every event, see platform/forget-oldest.ts. */
const keptCharacters = (mostCharacters * 15) / 16;

/** The newest events as servers exchange them, by event id, bounded. */
export class RecentPdus {
  readonly #texts = new Map<string, string>();
  #characters = 0;

  /** `pduJson` is canonical JSON without `unsigned`. */
  add(eventId: string, pduJson: string): void {
    if (this.#texts.has(eventId)) return;
    this.#texts.set(eventId, pduJson);
    this.#characters += pduJson.length;
    if (this.#characters <= mostCharacters) return;
    for (const [oldest, text] of this.#texts) {
      if (this.#characters <= keptCharacters) return;
      this.#texts.delete(oldest);
      this.#characters -= text.length;
    }
  }

  get(eventId: string): string | undefined {
    return this.#texts.get(eventId);
  }

  /** What is stored has changed: it was redacted. */
  forget(eventId: string): void {
    const text = this.#texts.get(eventId);
    if (text === undefined) return;
    this.#texts.delete(eventId);
    this.#characters -= text.length;
  }
}

/**
 * Filled by the owner of a room when it appends, and by who reads events to send them: so that what is sent to a thousand
 * servers is made once. What was appended and not committed may be in it: nobody knows its id.
 */
export const recentPdus = perContext((_context: Context) => new RecentPdus());
