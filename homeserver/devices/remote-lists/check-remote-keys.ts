import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText } from '@holdfast/protocol/identifiers/identifier-text.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { checkCanonicalJson } from '@holdfast/protocol/json/check-canonical-json.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { CrossSigningUsage, StoredCrossSigningKey } from '../../storage/devices/cross-signing-rows.ts';
import type { StoredDeviceKeys } from '../../storage/devices/read-device-keys.ts';
import { parseCrossSigningKey } from '../check-cross-signing-keys.ts';

const maxDeviceIdLength = 255;
const maxDisplayNameLength = 1_000;
const maxDeviceKeysLength = 65_536;

export function isDeviceId(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxDeviceIdLength && isStorableText(value);
}

/**
 * A device of another server's user with its identity keys, as the keys say it is; undefined for keys of another device,
 * and for what could not be signed or is too large. Whose signatures hold is for clients to see.
 */
export function parseRemoteDevice(
  userId: string,
  deviceId: JsonValue | undefined,
  keys: JsonValue | undefined,
  displayName: JsonValue | undefined,
): StoredDeviceKeys | undefined {
  if (!isDeviceId(deviceId) || !isJsonObject(keys) || !isJsonObject(keys['keys'])) return undefined;
  if (keys['user_id'] !== userId || keys['device_id'] !== deviceId) return undefined;
  const { unsigned, ...signed } = keys;
  if (checkCanonicalJson(signed)) return undefined;
  const body = encodeCanonicalJson(signed);
  if (body.length > maxDeviceKeysLength || body.includes('\\u0000')) return undefined;
  const name = displayName ?? (isJsonObject(unsigned) ? unsigned['device_display_name'] : undefined);
  return { userId, deviceId, displayName: parseDisplayName(name), body };
}

export function parseDisplayName(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && isStorableText(value) ? value.slice(0, maxDisplayNameLength) : null;
}

/** Undefined for what is no such key of this user. */
export function parseRemoteCrossSigningKey(
  userId: string,
  usage: CrossSigningUsage,
  key: JsonValue | undefined,
): StoredCrossSigningKey | undefined {
  if (!isJsonObject(key)) return undefined;
  const { unsigned: _added, ...signed } = key;
  try {
    const parsed = parseCrossSigningKey(signed, userId, usage);
    return parsed.body.includes('\\u0000') ? undefined : parsed;
  } catch {
    return undefined;
  }
}
