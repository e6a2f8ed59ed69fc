import { decodeBase64, encodeBase64 } from '../crypto/base64.ts';
import type { CryptoPrimitives } from '../crypto/crypto-primitives.ts';
import { encodeCanonicalJson } from '../json/canonical-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import type { JsonObject, Pdu } from './pdu.ts';

const encoder = new TextEncoder();

/**
 * The SHA-256 of a whole event, in unpadded base64: what belongs in `hashes.sha256`.
 * https://spec.matrix.org/v1.19/server-server-api/#calculating-the-content-hash-for-an-event
 */
export function contentHash(event: Pdu, rules: RoomVersionRules, primitives: CryptoPrimitives): string {
  const hashed: JsonObject = {
    ...(event as unknown as JsonObject),
    unsigned: undefined,
    signatures: undefined,
    hashes: undefined,
  };
  const canonical = encodeCanonicalJson(hashed, { strict: rules.strictCanonicalJson });
  return encodeBase64(primitives.sha256(encoder.encode(canonical)));
}

/**
 * True when the hash that an event carries is its own. Where it is not, the event is not dropped: it may be a redacted
 * copy, and is redacted before it is used.
 * https://spec.matrix.org/v1.19/server-server-api/#validating-hashes-and-signatures-on-received-events
 */
export function hasRightContentHash(event: Pdu, rules: RoomVersionRules, primitives: CryptoPrimitives): boolean {
  const claimed = decodeBase64(event.hashes?.sha256 ?? '');
  return claimed !== undefined && encodeBase64(claimed) === contentHash(event, rules, primitives);
}
