import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { CryptoPrimitives, SigningKey } from '../crypto/crypto-primitives.ts';

// The fixed DER heads of RFC 8410 in front of the 32 raw bytes of an Ed25519 key.
const privateKeyHead = Uint8Array.fromHex('302e020100300506032b657004220420');
const publicKeyHead = Uint8Array.fromHex('302a300506032b6570032100');

/** The primitives from node:crypto, for tests and benchmarks. A secret key is its seed of 32 bytes. */
export const nodeCryptoPrimitives: CryptoPrimitives = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  sign: (bytes, seed) => sign(null, bytes, privateKeyOf(seed)),
  verify: (bytes, signature, publicKey) => {
    if (signature.length !== 64 || publicKey.length !== 32) return false;
    const key = createPublicKey({ key: Buffer.concat([publicKeyHead, publicKey]), format: 'der', type: 'spki' });
    return verify(null, bytes, key, signature);
  },
};

/** A signing key whose seed is one repeated byte, with its public key. */
export function makeTestSigningKey(name: string, seedByte = 1): SigningKey & { publicKey: Uint8Array } {
  const secretKey = new Uint8Array(32).fill(seedByte);
  return { name, keyId: `ed25519:k${seedByte}`, secretKey, publicKey: publicKeyOfSeed(secretKey) };
}

/** The 32 raw bytes of the public key that belongs to a seed. */
export function publicKeyOfSeed(seed: Uint8Array): Uint8Array {
  return createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(publicKeyHead.length);
}

function privateKeyOf(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([privateKeyHead, seed]), format: 'der', type: 'pkcs8' });
}
