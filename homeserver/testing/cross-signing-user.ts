import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { cryptoPrimitives, generateSigningKeyPair } from '../platform/cryptography/crypto-primitives.ts';
import type { TestUser } from './test-user.ts';

/** A key pair that signs objects as its user. */
export interface TestSigningKey {
  /** Unpadded base64. */
  readonly publicKey: string;
  sign(object: JsonObject): JsonObject;
}

/** A key of a user; its id is `ed25519:` and the name, which is the public key itself where none is given. */
export function makeSigningKey(userId: string, name?: string): TestSigningKey {
  const { publicKey: bytes, secretKey } = generateSigningKeyPair();
  const publicKey = encodeBase64(bytes);
  const key = { name: userId, keyId: `ed25519:${name ?? publicKey}`, secretKey };
  return { publicKey, sign: (object) => signJson(object, key, cryptoPrimitives) };
}

/** The identity keys of a device, signed by it. */
export function makeDeviceKeys(user: TestUser, key: TestSigningKey): JsonObject {
  const { userId, deviceId } = user;
  return key.sign({
    user_id: userId,
    device_id: deviceId,
    algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
    keys: { [`ed25519:${deviceId}`]: key.publicKey, [`curve25519:${deviceId}`]: 'curve' },
  });
}

/** A cross-signing key as it is uploaded, signed by the master key where that is given. */
export function makeCrossSigningKey(userId: string, usage: string, publicKey: string, master?: TestSigningKey) {
  const key = { user_id: userId, usage: [usage], keys: { [`ed25519:${publicKey}`]: publicKey } };
  return master ? master.sign(key) : key;
}
