import type { Context } from '../platform/context.ts';
import { type EventPlace, placeKey, readPduTexts } from '../storage/federation/read-pdu-texts.ts';

const keptCharacters = 32 * 1024 * 1024;

/**
 * The wire's text of events that are being sent: made once, shared by the transactions of all destinations. What many
 * destinations ask for in the same turn of the event loop is one query.
 */
export class PduTexts {
  readonly #context: Context;
  readonly #texts = new Map<string, string>();
  #characters = 0;
  #wanted = new Map<string, EventPlace>();
  #reading: Promise<Map<string, string>> | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** In the places' order; undefined for an event that is not stored (any more). */
  async get(places: readonly EventPlace[]): Promise<(string | undefined)[]> {
    const keys = places.map(placeKey);
    const missing = places.filter((_, index) => !this.#texts.has(keys[index] ?? ''));
    // What is in memory now may be forgotten while the others are read.
    const held = keys.map((key) => this.#texts.get(key));
    const read = missing.length === 0 ? undefined : await this.#read(missing);
    return keys.map((key, index) => held[index] ?? read?.get(key));
  }

  #read(places: readonly EventPlace[]): Promise<Map<string, string>> {
    for (const place of places) this.#wanted.set(placeKey(place), place);
    this.#reading ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#readWanted());
    return this.#reading;
  }

  async #readWanted(): Promise<Map<string, string>> {
    const places = [...this.#wanted.values()];
    this.#wanted = new Map();
    this.#reading = undefined;
    const texts = await readPduTexts(this.#context, places);
    for (const [key, text] of texts) this.#keep(key, text);
    return texts;
  }

  #keep(key: string, text: string): void {
    if (this.#texts.has(key)) return;
    this.#texts.set(key, text);
    this.#characters += text.length;
    for (const [oldest, old] of this.#texts) {
      if (this.#characters <= keptCharacters) return;
      this.#texts.delete(oldest);
      this.#characters -= old.length;
    }
  }
}
