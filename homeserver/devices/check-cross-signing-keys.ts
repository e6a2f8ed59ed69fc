import { decodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import type { CryptoPrimitives } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import { type FindPublicKey, verifyJson } from '@holdfast/protocol/crypto/verify-json.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { CrossSigningUsage, StoredCrossSigningKey } from '../storage/devices/cross-signing-rows.ts';
import { checkSignable } from './check-uploaded-keys.ts';

const maxKeyLength = 65_536;
const publicKeyBytes = 32;

/** Finds one public key (unpadded base64) under its id of cross-signing: `ed25519:` and the key itself. */
export function crossSigningKeyFinder(publicKey: string): FindPublicKey {
  return (keyId) => (keyId === `ed25519:${publicKey}` ? decodeBase64(publicKey) : undefined);
}

/**
 * A cross-signing key as uploaded, checked for its owner, usage and public key; signatures are not looked at.
 * Throws M_INVALID_PARAM, M_TOO_LARGE.
 */
export function parseCrossSigningKey(key: JsonObject, userId: string, usage: CrossSigningUsage): StoredCrossSigningKey {
  const invalid = (message: string) => new MatrixError('M_INVALID_PARAM', `${usage}_key: ${message}`);
  if (key['user_id'] !== userId) throw invalid('user_id is of another user');
  const usages = key['usage'];
  if (!Array.isArray(usages) || !usages.includes(usage)) throw invalid(`usage does not include ${usage}`);
  const keys = isJsonObject(key['keys']) ? Object.entries(key['keys']) : [];
  const [id, publicKey] = keys[0] ?? [];
  if (keys.length !== 1 || typeof publicKey !== 'string' || id !== `ed25519:${publicKey}`) {
    throw invalid('keys must hold one key, under its own name after ed25519:');
  }
  if (decodeBase64(publicKey)?.length !== publicKeyBytes) throw invalid('the key is not an Ed25519 key');
  const body = checkSignable(key, `${usage}_key`);
  if (body.length > maxKeyLength) throw new MatrixError('M_TOO_LARGE', `${usage}_key is too large`);
  return { userId, usage, publicKey, body };
}

/** Throws M_INVALID_SIGNATURE unless the master key signed the key. */
export function checkSignedByMaster(key: StoredCrossSigningKey, masterKey: string, primitives: CryptoPrimitives): void {
  const signed = JSON.parse(key.body) as JsonObject;
  const problem = verifyJson(signed, key.userId, crossSigningKeyFinder(masterKey), primitives);
  if (problem) throw new MatrixError('M_INVALID_SIGNATURE', `${key.usage}_key: ${problem.message}`);
}
