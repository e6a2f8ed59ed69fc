import type { JsonObject } from '../events/pdu.ts';
import { type CanonicalJsonOptions, encodeCanonicalJson } from '../json/canonical-json.ts';
import { isJsonObject } from '../json/parse-json.ts';
import { encodeBase64 } from './base64.ts';
import type { CryptoPrimitives, SigningKey } from './crypto-primitives.ts';

const encoder = new TextEncoder();

/**
 * A copy of an object with our signature added to its `signatures`; those of others stay.
 * https://spec.matrix.org/v1.19/appendices/#signing-details
 */
export function signJson(object: JsonObject, key: SigningKey, primitives: CryptoPrimitives): JsonObject {
  const signature = encodeBase64(primitives.sign(signedBytes(object), key.secretKey));
  return { ...object, signatures: addSignature(object['signatures'], key, signature) };
}

/** The bytes that a signature of an object covers: all of it but `signatures` and `unsigned`, as canonical JSON. */
export function signedBytes(object: JsonObject, options?: CanonicalJsonOptions): Uint8Array {
  return encoder.encode(encodeCanonicalJson({ ...object, signatures: undefined, unsigned: undefined }, options));
}

/** The member `signatures` with one more signature; what is not an object is replaced. */
export function addSignature(signatures: unknown, key: SigningKey, signature: string): Record<string, JsonObject> {
  const all = isJsonObject(signatures as JsonObject) ? (signatures as Record<string, JsonObject>) : {};
  const own = Object.hasOwn(all, key.name) && isJsonObject(all[key.name]) ? all[key.name] : {};
  return { ...all, [key.name]: { ...own, [key.keyId]: signature } };
}
