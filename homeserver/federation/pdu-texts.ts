import type { Context } from '../platform/context.ts';
import { type EventPlace, placeKey, readPduTexts } from '../storage/federation/read-pdu-texts.ts';
import { recentPdus } from '../storage/rooms/recent-pdus.ts';

export interface IdentifiedPlace extends EventPlace {
  readonly eventId: string;
}

/**
 * The wire's text of events that are being sent, shared by the transactions of all destinations. What many destinations
 * ask for in the same turn of the event loop is one query.
 */
export class PduTexts {
  readonly #context: Context;
  #wanted = new Map<string, EventPlace>();
  #reading: Promise<Map<string, string>> | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** In the events' order; undefined for an event that is not stored (any more). */
  async get(events: readonly IdentifiedPlace[]): Promise<(string | undefined)[]> {
    const recent = recentPdus.of(this.#context);
    // What is in memory now may be forgotten while the others are read.
    const held = events.map(({ eventId }) => recent.get(eventId));
    const missing = events.filter((_, index) => held[index] === undefined);
    const read = missing.length === 0 ? undefined : await this.#read(missing);
    return events.map((event, index) => {
      const text = held[index] ?? read?.get(placeKey(event));
      if (text !== undefined) recent.add(event.eventId, text);
      return text;
    });
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
    return await readPduTexts(this.#context, places);
  }
}
