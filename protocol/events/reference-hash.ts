import { encodeBase64, encodeUrlSafeBase64 } from '../crypto/base64.ts';
import type { CryptoPrimitives } from '../crypto/crypto-primitives.ts';
import { signedBytes } from '../crypto/sign-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { JsonObject, Pdu } from './pdu.ts';
import { redactEvent } from './redact-event.ts';

/**
 * The bytes that an event's signatures and its reference hash cover: the redacted event without `signatures` and
 * `unsigned`, as canonical JSON.
 */
export function signedEventBytes(event: Pdu, rules: RoomVersionRules): Uint8Array {
  const redacted = redactEvent(event, rules) as unknown as JsonObject;
  return signedBytes(redacted, { strict: rules.strictCanonicalJson });
}

/**
 * The SHA-256 of an event's essential members: 32 raw bytes.
 * https://spec.matrix.org/v1.19/server-server-api/#calculating-the-reference-hash-for-an-event
 */
export function referenceHash(event: Pdu, rules: RoomVersionRules, primitives: CryptoPrimitives): Uint8Array {
  return primitives.sha256(signedEventBytes(event, rules));
}

/** A reference hash as the event id of a room version. Only for versions whose event ids are hashes. */
export function eventIdOfHash(hash: Uint8Array, rules: RoomVersionRules): string {
  return `$${rules.eventIds === 'hash' ? encodeBase64(hash) : encodeUrlSafeBase64(hash)}`;
}

/**
 * The id of an event: its `event_id` in room versions 1 and 2, its reference hash later. Undefined only where an
 * event of version 1 or 2 has none.
 * https://spec.matrix.org/v1.19/rooms/v4/#event-ids
 */
export function eventIdOf(event: Pdu, rules: RoomVersionRules, primitives: CryptoPrimitives): string | undefined {
  if (rules.eventIds === 'server') return event.event_id;
  return eventIdOfHash(referenceHash(event, rules, primitives), rules);
}

/**
 * The id of the room that an event belongs to: `room_id`, or for the create event of version 12 and later its own
 * event id with `!` for its sigil. Undefined where an event that needs a `room_id` has none.
 * https://spec.matrix.org/v1.19/rooms/v12/#event-format
 */
export function roomIdOf(event: Pdu, eventId: string, rules: RoomVersionRules): string | undefined {
  return hasImpliedRoomId(event.type, event.state_key, rules) ? `!${eventId.slice(1)}` : event.room_id;
}

/** True for the one event that has no `room_id`: the create event of version 12 and later. */
export function hasImpliedRoomId(type: string, stateKey: string | undefined, rules: RoomVersionRules): boolean {
  return rules.roomIdIsCreateHash && type === 'm.room.create' && stateKey === '';
}
