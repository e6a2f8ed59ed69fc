import { hash } from 'node:crypto';
import type { CryptoPrimitives } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import sodium from 'sodium-native';

/** The protocol core's cryptography by libsodium and OpenSSL. */
export const cryptoPrimitives: CryptoPrimitives = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  sign(bytes, secretKey) {
    const signature = Buffer.allocUnsafe(sodium.crypto_sign_BYTES);
    sodium.crypto_sign_detached(
      signature,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      asBuffer(secretKey),
    );
    return signature;
  },
  verify(bytes, signature, publicKey) {
    if (signature.length !== sodium.crypto_sign_BYTES || publicKey.length !== sodium.crypto_sign_PUBLICKEYBYTES) {
      return false;
    }
    return sodium.crypto_sign_verify_detached(asBuffer(signature), asBuffer(bytes), asBuffer(publicKey));
  },
};

/** A new Ed25519 key pair: 64 bytes secret (seed and public key), 32 bytes public. */
export function generateSigningKeyPair(): { secretKey: Uint8Array; publicKey: Uint8Array } {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_keypair(publicKey, secretKey);
  return { secretKey, publicKey };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
