import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { parseKeyId } from '@holdfast/protocol/identifiers/key-id.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { checkCanonicalJson } from '@holdfast/protocol/json/check-canonical-json.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';

export interface UploadedKey {
  readonly algorithm: string;
  readonly keyId: string;
  /** Canonical JSON. */
  readonly body: string;
}

const maxDeviceKeysLength = 65_536;
const maxKeyLength = 8_192;
const maxKeysPerUpload = 1_000;

/** Throws M_INVALID_PARAM unless identity keys are those of this device and canonical JSON can hold them. */
export function checkDeviceKeys(keys: JsonObject, userId: string, deviceId: string): void {
  if (keys['user_id'] !== userId || keys['device_id'] !== deviceId) {
    throw new MatrixError('M_INVALID_PARAM', 'device_keys has the user_id or device_id of another device');
  }
  const body = checkSignable(keys, 'device_keys');
  if (body.length > maxDeviceKeysLength) throw new MatrixError('M_TOO_LARGE', 'device_keys is too large');
}

/** One-time or fallback keys, an object by `algorithm:id`. Throws M_INVALID_PARAM, M_TOO_LARGE. */
export function parseKeys(keys: JsonObject, name: string): UploadedKey[] {
  const entries = Object.entries(keys);
  if (entries.length > maxKeysPerUpload) throw new MatrixError('M_TOO_LARGE', `${name} holds too many keys`);
  return entries.map(([id, key]) => {
    const parsed = parseKeyId(id);
    if (!parsed) throw new MatrixError('M_INVALID_PARAM', `${name} holds a key whose id is not algorithm:id`);
    if (!isKey(key)) throw new MatrixError('M_INVALID_PARAM', `${name}.${id} is not a key`);
    const body = checkSignable(key, `${name}.${id}`);
    if (body.length > maxKeyLength) throw new MatrixError('M_TOO_LARGE', `${name}.${id} is too large`);
    return { algorithm: parsed.algorithm, keyId: parsed.identifier, body };
  });
}

/** Unsigned keys are texts, signed ones objects with the key in `key`. */
function isKey(key: JsonValue | undefined): key is string | JsonObject {
  return typeof key === 'string' || (isJsonObject(key) && typeof key['key'] === 'string');
}

/** The canonical JSON of what others will check signatures of. */
export function checkSignable(value: JsonValue, name: string): string {
  const problem = checkCanonicalJson(value);
  if (problem) throw new MatrixError('M_INVALID_PARAM', `${name}: ${problem.message}`);
  return encodeCanonicalJson(value);
}
