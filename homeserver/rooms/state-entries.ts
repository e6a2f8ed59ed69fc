import type { EventReference, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { StateEntry } from './hot-room.ts';

/**
 * Makes what a hot room keeps of state events that are read one after the other: without hashes and signatures, by which
 * nothing is judged any more, and with one copy of the ids that most of them name. Half the memory of a room with tens of
 * thousands of state events.
 */
export class StateEntries {
  readonly #ids = new Map<string, string>();

  entryOf({ eventId, roomId, pdu, position, since }: StateEntry): StateEntry {
    const { hashes: _hashes, signatures: _signatures, ...kept } = pdu;
    const only: Pdu = { ...kept, auth_events: kept.auth_events.map((reference) => this.#onlyCopy(reference)) };
    if (only.room_id !== undefined) only.room_id = roomId;
    return { eventId, roomId, pdu: only, position, since };
  }

  #onlyCopy(reference: EventReference): EventReference {
    if (typeof reference !== 'string') return reference;
    const known = this.#ids.get(reference);
    if (known !== undefined) return known;
    this.#ids.set(reference, reference);
    return reference;
  }
}
