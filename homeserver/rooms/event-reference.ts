import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import type { EventReference, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { referenceHash } from '@holdfast/protocol/events/reference-hash.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';

/** How events of a room version refer to an event: by its id, in versions 1 and 2 with its reference hash. */
export function eventReference(rules: RoomVersionRules, eventId: string, pdu: Pdu): EventReference {
  if (rules.eventIds !== 'server') return eventId;
  return [eventId, { sha256: encodeBase64(referenceHash(pdu, rules, cryptoPrimitives)) }];
}
