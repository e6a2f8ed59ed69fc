import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import type {
  CrossSigningUsage,
  StoredCrossSigningKey,
  StoredKeySignature,
} from '../storage/devices/cross-signing-rows.ts';
import { readKeySignatures } from '../storage/devices/read-cross-signing.ts';
import type { StoredDeviceKeys } from '../storage/devices/read-device-keys.ts';

export interface QueriedKeys {
  /** By user, by device id. */
  readonly deviceKeys: Record<string, Record<string, JsonObject>>;
  /** Each by user. */
  readonly masterKeys: Record<string, JsonObject>;
  readonly selfSigningKeys: Record<string, JsonObject>;
  readonly userSigningKeys: Record<string, JsonObject>;
}

export function emptyKeys(): QueriedKeys {
  return { deviceKeys: {}, masterKeys: {}, selfSigningKeys: {}, userSigningKeys: {} };
}

/** Keys of some users as they are stored or were given by their servers. */
export interface KeysOfUsers {
  readonly userIds: readonly string[];
  readonly devices: readonly StoredDeviceKeys[];
  readonly crossSigningKeys: readonly StoredCrossSigningKey[];
}

export interface KeyReader {
  /** A local user, who sees own signatures and the own user-signing key too; undefined: another server. */
  readonly readerId: string | undefined;
  /** By user, the device ids; none: all. */
  readonly wishes: Readonly<Record<string, readonly string[]>>;
}

/** Puts keys into an answer, with the signatures that were uploaded apart from them. One query. */
export async function addKeys(
  context: Context,
  { userIds, devices, crossSigningKeys }: KeysOfUsers,
  { readerId, wishes }: KeyReader,
  keys: QueriedKeys,
): Promise<void> {
  const signatures = await readKeySignatures(context.database, userIds, readerId ?? '');
  const signaturesByKey = Map.groupBy(signatures, ({ userId, keyName }) => signedKey(userId, keyName));
  for (const device of devices) {
    const wanted = wishes[device.userId] ?? [];
    if (wanted.length > 0 && !wanted.includes(device.deviceId)) continue;
    const added = signaturesByKey.get(signedKey(device.userId, device.deviceId)) ?? [];
    (keys.deviceKeys[device.userId] ??= {})[device.deviceId] = presentDeviceKeys(device, added);
  }
  const byUsage: Record<CrossSigningUsage, Record<string, JsonObject>> = {
    master: keys.masterKeys,
    self_signing: keys.selfSigningKeys,
    user_signing: keys.userSigningKeys,
  };
  for (const { userId, usage, publicKey, body } of crossSigningKeys) {
    // Whom somebody has verified is nobody else's business.
    if (usage === 'user_signing' && userId !== readerId) continue;
    const added = signaturesByKey.get(signedKey(userId, publicKey)) ?? [];
    byUsage[usage][userId] = withSignatures(JSON.parse(body) as JsonObject, added);
  }
}

function signedKey(userId: string, keyName: string): string {
  return `${userId} ${keyName}`;
}

function presentDeviceKeys(device: StoredDeviceKeys, added: readonly StoredKeySignature[]): JsonObject {
  const keys = withSignatures(JSON.parse(device.body) as JsonObject, added);
  const unsigned = device.displayName === null ? {} : { device_display_name: device.displayName };
  return { ...keys, unsigned };
}

/** A signed object with further signatures. */
export function withSignatures(signed: JsonObject, added: readonly StoredKeySignature[]): JsonObject {
  if (added.length === 0) return signed;
  const signatures: JsonObject = isJsonObject(signed['signatures']) ? { ...signed['signatures'] } : {};
  for (const { signerId, signerKeyId, signature } of added) {
    const own = signatures[signerId];
    signatures[signerId] = { ...(isJsonObject(own) ? own : {}), [signerKeyId]: signature };
  }
  return { ...signed, signatures };
}
