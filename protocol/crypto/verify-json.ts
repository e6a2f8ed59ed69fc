import type { JsonObject } from '../events/pdu.ts';
import { checkCanonicalJson } from '../json/check-canonical-json.ts';
import { isJsonObject } from '../json/parse-json.ts';
import { decodeBase64 } from './base64.ts';
import type { CryptoPrimitives } from './crypto-primitives.ts';
import { signedBytes } from './sign-json.ts';

export type SignatureProblemKind =
  | 'unsigned'
  | 'unknown-key'
  | 'malformed-signature'
  | 'wrong-signature'
  | 'not-canonical';

/** Why an entity's signature does not count. `name` is the entity: a server name or a user id. */
export interface SignatureProblem {
  readonly kind: SignatureProblemKind;
  readonly name: string;
  readonly message: string;
}

/** The raw public key of a key id, or undefined for one that is unknown or does not count. */
export type FindPublicKey = (keyId: string) => Uint8Array | undefined;

/** The only signing algorithm of the specification. */
const algorithmPrefix = 'ed25519:';

/**
 * Checks that an entity signed an object: at least one of its ed25519 signatures is by a known key, and every one by
 * a known key is right. Gives undefined when it did.
 * https://spec.matrix.org/v1.19/appendices/#checking-for-a-signature
 */
export function verifyJson(
  object: JsonObject,
  name: string,
  findPublicKey: FindPublicKey,
  primitives: CryptoPrimitives,
): SignatureProblem | undefined {
  const problem = checkCanonicalJson(object, { strict: true });
  if (problem !== undefined) return { kind: 'not-canonical', name, message: problem.message };
  return verifySignedBytes(signedBytes(object), object['signatures'], name, findPublicKey, primitives);
}

/** Like `verifyJson`, for bytes that were made before: `signedBytes(object)` and the object's `signatures`. */
export function verifySignedBytes(
  bytes: Uint8Array,
  signatures: unknown,
  name: string,
  findPublicKey: FindPublicKey,
  primitives: CryptoPrimitives,
): SignatureProblem | undefined {
  const keyIds = signatureKeyIds(signatures, name);
  if (keyIds.length === 0) return { kind: 'unsigned', name, message: `No ed25519 signature of ${name}` };
  let known = false;
  for (const keyId of keyIds) {
    const publicKey = findPublicKey(keyId);
    if (publicKey === undefined) continue;
    known = true;
    const signature = decodeBase64(signatureText(signatures, name, keyId));
    if (signature?.length !== 64) {
      return { kind: 'malformed-signature', name, message: `The signature of ${name} by ${keyId} is malformed` };
    }
    if (!primitives.verify(bytes, signature, publicKey)) {
      return { kind: 'wrong-signature', name, message: `The signature of ${name} by ${keyId} is wrong` };
    }
  }
  return known ? undefined : { kind: 'unknown-key', name, message: `No known key among ${name}'s signatures` };
}

/** The ids of the ed25519 keys that an entity signed with, by an object's `signatures`: which keys to fetch. */
export function signatureKeyIds(signatures: unknown, name: string): string[] {
  if (!isJsonObject(signatures as JsonObject) || !Object.hasOwn(signatures as JsonObject, name)) return [];
  const own = (signatures as JsonObject)[name];
  if (!isJsonObject(own)) return [];
  return Object.keys(own).filter((keyId) => keyId.startsWith(algorithmPrefix) && typeof own[keyId] === 'string');
}

function signatureText(signatures: unknown, name: string, keyId: string): string {
  return (signatures as Record<string, Record<string, string>>)[name]?.[keyId] ?? '';
}
