/**
 * An event as servers exchange it ("persistent data unit"), as parsed JSON.
 * Field names are the wire's. Which fields exist depends on the room version:
 * `event_id` only in versions 1 and 2, no `room_id` on the create event from version 12 on.
 * https://spec.matrix.org/v1.19/rooms/
 */
export interface Pdu {
  type: string;
  room_id?: string;
  sender: string;
  state_key?: string;
  content: JsonObject;
  origin_server_ts: number;
  depth: number;
  /** Versions 1 and 2: pairs of event id and hashes; later: event ids. */
  prev_events: EventReference[];
  auth_events: EventReference[];
  hashes?: { sha256: string };
  signatures?: Record<string, Record<string, string>>;
  unsigned?: JsonObject;
  /** Versions 1 and 2 only. */
  event_id?: string;
  /** Versions 1 to 10, on m.room.redaction: the event that is redacted. */
  redacts?: string;
  origin?: string;
}

export type EventReference = string | [eventId: string, hashes: Record<string, string>];

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** An event together with its id, which from room version 3 on is not part of the PDU. */
export interface IdentifiedPdu {
  readonly eventId: string;
  readonly roomId: string;
  readonly pdu: Pdu;
}

/** The event id of a reference, whatever the room version. */
export function referencedEventId(reference: EventReference): string {
  return typeof reference === 'string' ? reference : reference[0];
}
