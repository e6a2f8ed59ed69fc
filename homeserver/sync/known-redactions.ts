import { BoundedCache } from '../platform/bounded-cache.ts';
import type { EventLogEntry } from './connected-users.ts';

const kept = 50_000;
/** In UTF-16 code units. A redaction has some 300; one with a long reason, up to 64 KiB, is read from the tables instead. */
const longestText = 1_024;
/** In bytes: nothing longer is an event's id, and so no event is redacted by that. */
const longestEventId = 255;

/** What took the content of an event. */
export interface KnownRedaction {
  readonly eventId: string;
  /** As JSON for clients; undefined: it is too long to be kept. */
  readonly json: string | undefined;
}

/**
 * The newest redactions by the id of the event that they took the content of, in at most some 150 MiB. A long one is kept
 * without its text and not forgotten: the content that it took would be shown again.
 */
export class KnownRedactions {
  readonly #redactions = new BoundedCache<string, KnownRedaction>(kept);

  get(eventId: string): KnownRedaction | undefined {
    return this.#redactions.get(eventId);
  }

  apply({ body: { eventId, redacts, clientJson } }: EventLogEntry): void {
    if (redacts === undefined || redacts.length > longestEventId) return;
    this.#redactions.set(redacts, { eventId, json: clientJson.length > longestText ? undefined : `${clientJson}}` });
  }
}
