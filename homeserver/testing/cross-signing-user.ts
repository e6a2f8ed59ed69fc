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

/** Keys of a user, as they were uploaded and to sign more with. */
export interface VerifiedUser {
  readonly device: TestSigningKey;
  readonly master: TestSigningKey;
  readonly selfSigning: TestSigningKey;
  readonly userSigning: TestSigningKey;
  readonly deviceKeys: JsonObject;
  /** By the names of POST /keys/device_signing/upload. */
  readonly crossSigning: {
    readonly master_key: JsonObject;
    readonly self_signing_key: JsonObject;
    readonly user_signing_key: JsonObject;
  };
}

/** Makes and uploads identity keys of a user's device and cross-signing keys. */
export async function uploadAllKeys(user: TestUser): Promise<VerifiedUser> {
  const { userId, deviceId } = user;
  const [master, selfSigning, userSigning] = [makeSigningKey(userId), makeSigningKey(userId), makeSigningKey(userId)];
  const device = makeSigningKey(userId, deviceId);
  const deviceKeys = makeDeviceKeys(user, device);
  const crossSigning = {
    master_key: makeCrossSigningKey(userId, 'master', master.publicKey),
    self_signing_key: makeCrossSigningKey(userId, 'self_signing', selfSigning.publicKey, master),
    user_signing_key: makeCrossSigningKey(userId, 'user_signing', userSigning.publicKey, master),
  };
  await user.call('POST', '/_matrix/client/v3/keys/upload', { device_keys: deviceKeys });
  await user.call('POST', '/_matrix/client/v3/keys/device_signing/upload', crossSigning);
  return { device, master, selfSigning, userSigning, deviceKeys, crossSigning };
}
