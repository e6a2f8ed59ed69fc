import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';

/**
 * Why an event of another server is dropped:
 * - `malformed`: no JSON, or no event of the room version
 * - `too-large`: beyond the size limits
 * - `signature`: a server that must have signed it did not, or wrongly
 * - `key`: it may be signed well, but the key could not be had
 */
export interface ReceivedEventProblem {
  readonly kind: 'malformed' | 'too-large' | 'signature' | 'key';
  readonly message: string;
}

/** An event whose signatures are right. Its content is redacted if it was not the one that was hashed. */
export class VerifiedEvent {
  readonly problem = undefined;
  readonly eventId: string;
  /** Canonical JSON without `unsigned`. */
  readonly pduJson: string;
  #pdu: Pdu | undefined;

  constructor(eventId: string, pduJson: string, pdu?: Pdu) {
    this.eventId = eventId;
    this.pduJson = pduJson;
    this.#pdu = pdu;
  }

  /** Parsed when it is first asked for. */
  get pdu(): Pdu {
    this.#pdu ??= JSON.parse(this.pduJson) as Pdu;
    return this.#pdu;
  }
}

export interface RefusedEvent {
  /** Undefined where it is too malformed to have an id. */
  readonly eventId: string | undefined;
  readonly problem: ReceivedEventProblem;
}

export type JudgedEvent = VerifiedEvent | RefusedEvent;

/** An event as it came: JSON text, its bytes, or parsed. */
export type ReceivedEventInput = string | Uint8Array | JsonObject;
