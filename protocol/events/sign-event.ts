import { encodeBase64 } from '../crypto/base64.ts';
import type { CryptoPrimitives, SigningKey } from '../crypto/crypto-primitives.ts';
import { addSignature } from '../crypto/sign-json.ts';
import type { RoomVersionRules } from '../room-versions/room-version.ts';
import { contentHash } from './content-hash.ts';
import type { Pdu } from './pdu.ts';
import { signedEventBytes } from './reference-hash.ts';

/**
 * A copy of an event with our signature added; its `hashes` must be there already. For events that others made and we
 * countersign: invites, restricted joins.
 * https://spec.matrix.org/v1.19/server-server-api/#signing-events
 */
export function signEvent(event: Pdu, rules: RoomVersionRules, key: SigningKey, primitives: CryptoPrimitives): Pdu {
  const signature = encodeBase64(primitives.sign(signedEventBytes(event, rules), key.secretKey));
  const signatures = addSignature(event.signatures, key, signature) as Record<string, Record<string, string>>;
  return { ...event, signatures };
}

/**
 * A copy of an event with its content hash and our signature.
 * https://spec.matrix.org/v1.19/server-server-api/#adding-hashes-and-signatures-to-outgoing-events
 */
export function hashAndSignEvent(
  event: Pdu,
  rules: RoomVersionRules,
  key: SigningKey,
  primitives: CryptoPrimitives,
): Pdu {
  const hashed = { ...event, hashes: { sha256: contentHash(event, rules, primitives) } };
  return signEvent(hashed, rules, key, primitives);
}
