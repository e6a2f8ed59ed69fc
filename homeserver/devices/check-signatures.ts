import { decodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { type FindPublicKey, signatureKeyIds, verifyJson } from '@holdfast/protocol/crypto/verify-json.ts';
import type { ErrorCode } from '@holdfast/protocol/errors/error-codes.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { checkCanonicalJson } from '@holdfast/protocol/json/check-canonical-json.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { StoredKeySignature } from '../storage/devices/cross-signing-rows.ts';
import { readCrossSigningKeys } from '../storage/devices/read-cross-signing.ts';
import { readDeviceKeys } from '../storage/devices/read-device-keys.ts';
import { crossSigningKeyFinder, parseCrossSigningKey } from './check-cross-signing-keys.ts';

/** By user, by device id or public key: the key's object with new signatures. */
export type SignedKeys = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

/** By user, by device id or public key: an error as in a reply. */
export type KeyFailures = Record<string, Record<string, { errcode: ErrorCode; error: string }>>;

/** A key that may be signed, and by which keys of the signer. */
interface SignableKey {
  /** JSON text, as it was uploaded. */
  readonly body: string;
  readonly findSignerKey: FindPublicKey;
}

/** Master keys of other servers' users, by user id. */
export type RemoteMasterKeys = Readonly<Record<string, JsonObject>>;

/**
 * The signatures of `signerId` that hold, a failure for every key without one, and the ids of the signer's devices with
 * keys. Of users of other servers the keys to be signed have to be given.
 */
export async function checkSignatures(
  context: Context,
  signerId: string,
  signedKeys: SignedKeys,
  remoteMasterKeys: RemoteMasterKeys,
) {
  const { signable, deviceIds } = await readSignableKeys(context, signerId, Object.keys(signedKeys), remoteMasterKeys);
  const signatures: StoredKeySignature[] = [];
  const failures: KeyFailures = {};
  for (const [userId, keys] of Object.entries(signedKeys)) {
    for (const [keyName, signed] of Object.entries(keys)) {
      const checked = checkSignedKey(signerId, signable.get(`${userId} ${keyName}`), signed);
      if ('errcode' in checked) (failures[userId] ??= {})[keyName] = checked;
      else for (const own of checked.signatures) signatures.push({ userId, keyName, signerId, ...own });
    }
  }
  return { signatures, failures, deviceIds };
}

/** Keyed by user and key name. Own devices by the self-signing key, own master key by devices, others' by user-signing. */
async function readSignableKeys(
  context: Context,
  signerId: string,
  userIds: readonly string[],
  remoteMasterKeys: RemoteMasterKeys,
) {
  const local = userIds.filter((userId) => parseUserId(userId)?.serverName === context.serverName);
  const [crossSigningKeys, devices] = await Promise.all([
    readCrossSigningKeys(context.database, [...new Set([...local, signerId])]),
    readDeviceKeys(context.database, [signerId]),
  ]);
  const ownKey = (usage: string): FindPublicKey => {
    const key = crossSigningKeys.find((stored) => stored.userId === signerId && stored.usage === usage);
    return key ? crossSigningKeyFinder(key.publicKey) : () => undefined;
  };
  const signable = new Map<string, SignableKey>();
  for (const { userId, usage, publicKey, body } of crossSigningKeys) {
    if (usage !== 'master') continue;
    const findSignerKey = userId === signerId ? deviceKeyFinder(devices) : ownKey('user_signing');
    signable.set(`${userId} ${publicKey}`, { body, findSignerKey });
  }
  for (const [userId, key] of Object.entries(remoteMasterKeys)) {
    const { publicKey, body } = parseCrossSigningKey(key, userId, 'master');
    signable.set(`${userId} ${publicKey}`, { body, findSignerKey: ownKey('user_signing') });
  }
  for (const { deviceId, body } of devices) {
    signable.set(`${signerId} ${deviceId}`, { body, findSignerKey: ownKey('self_signing') });
  }
  return { signable, deviceIds: new Set(devices.map(({ deviceId }) => deviceId)) };
}

function deviceKeyFinder(devices: readonly { readonly deviceId: string; readonly body: string }[]): FindPublicKey {
  return (keyId) => {
    const device = devices.find(({ deviceId }) => keyId === `ed25519:${deviceId}`);
    const keys = device && (JSON.parse(device.body) as JsonObject)['keys'];
    const key = isJsonObject(keys) ? keys[keyId] : undefined;
    return typeof key === 'string' ? decodeBase64(key) : undefined;
  };
}

type CheckedKey =
  | { readonly errcode: ErrorCode; readonly error: string }
  | { readonly signatures: readonly Pick<StoredKeySignature, 'signerKeyId' | 'signature'>[] };

function checkSignedKey(signerId: string, key: SignableKey | undefined, signed: JsonObject): CheckedKey {
  if (!key) return { errcode: 'M_NOT_FOUND', error: 'There is no such key, or it is not one to be signed' };
  const problem = checkCanonicalJson(signed);
  if (problem) return { errcode: 'M_INVALID_SIGNATURE', error: problem.message };
  if (withoutSignatures(signed) !== withoutSignatures(JSON.parse(key.body) as JsonObject)) {
    return { errcode: 'M_INVALID_SIGNATURE', error: 'This is not the key as it was uploaded' };
  }
  const wrong = verifyJson(signed, signerId, key.findSignerKey, cryptoPrimitives);
  if (wrong) return { errcode: 'M_INVALID_SIGNATURE', error: wrong.message };
  const made = (signed['signatures'] as Record<string, Record<string, string>>)[signerId] ?? {};
  const keyIds = signatureKeyIds(signed['signatures'], signerId).filter((keyId) => key.findSignerKey(keyId));
  return { signatures: keyIds.map((signerKeyId) => ({ signerKeyId, signature: made[signerKeyId] ?? '' })) };
}

function withoutSignatures(signed: JsonObject): string {
  return encodeCanonicalJson({ ...signed, signatures: undefined, unsigned: undefined });
}
