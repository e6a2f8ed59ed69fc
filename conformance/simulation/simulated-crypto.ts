import { createHash } from 'node:crypto';
import type { CryptoPrimitives, SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';

/**
 * Real hashes and stand-in signatures: a keyed hash that whoever knows the "public" key could make as well. A thousand
 * rooms would spend most of their time in Ed25519 otherwise.
 */
export const simulatedCrypto: CryptoPrimitives = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  sign: keyedHash,
  verify: (bytes, signature, publicKey) => Buffer.compare(keyedHash(bytes, publicKey), signature) === 0,
};

/** The key of a server or of an identity server; its public and its secret key are the same. */
export function makeSimulatedKey(name: string): SigningKey {
  return { name, keyId: 'ed25519:1', secretKey: simulatedCrypto.sha256(Buffer.from(name)) };
}

function keyedHash(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  return createHash('sha512').update(key).update(bytes).digest();
}
