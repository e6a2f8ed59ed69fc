import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import type { CrossSigningUsage, StoredKeySignature } from '../storage/devices/cross-signing-rows.ts';
import { readCrossSigningKeys, readKeySignatures } from '../storage/devices/read-cross-signing.ts';
import { readDeviceKeys, type StoredDeviceKeys } from '../storage/devices/read-device-keys.ts';
import { groupLocalUsers, type RemoteFailures } from './group-users.ts';

export interface QueriedKeys {
  readonly failures: RemoteFailures;
  /** By user, by device id. */
  readonly deviceKeys: Record<string, Record<string, JsonObject>>;
  /** Each by user. */
  readonly masterKeys: Record<string, JsonObject>;
  readonly selfSigningKeys: Record<string, JsonObject>;
  readonly userSigningKeys: Record<string, JsonObject>;
}

/** Users whose keys are put together in one go: a query for thousands must not hold up everybody else. */
const usersAtOnce = 250;

/**
 * Identity and cross-signing keys of users, with the signatures that the reader may see. `wishes` is by user the
 * device ids, none meaning all; every user of this server that is asked for is in the answer.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysquery
 */
export async function queryKeys(
  context: Context,
  readerId: string,
  wishes: Readonly<Record<string, readonly string[]>>,
): Promise<QueriedKeys> {
  const { usersByShard, failures } = groupLocalUsers(context, Object.keys(wishes));
  const userIds = [...usersByShard.values()].flat();
  const keys: QueriedKeys = {
    ...{ failures, masterKeys: {}, selfSigningKeys: {}, userSigningKeys: {} },
    deviceKeys: Object.fromEntries(userIds.map((userId) => [userId, {}])),
  };
  for (let first = 0; first < userIds.length; first += usersAtOnce) {
    await addKeys(context, readerId, userIds.slice(first, first + usersAtOnce), wishes, keys);
  }
  return keys;
}

async function addKeys(
  context: Context,
  readerId: string,
  userIds: readonly string[],
  wishes: Readonly<Record<string, readonly string[]>>,
  keys: QueriedKeys,
): Promise<void> {
  const [devices, crossSigningKeys, signatures] = await Promise.all([
    readDeviceKeys(context.database, userIds),
    readCrossSigningKeys(context.database, userIds),
    readKeySignatures(context.database, userIds, readerId),
  ]);
  const signaturesByKey = Map.groupBy(signatures, ({ userId, keyName }) => signedKey(userId, keyName));
  for (const device of devices) {
    const wanted = wishes[device.userId] ?? [];
    if (wanted.length > 0 && !wanted.includes(device.deviceId)) continue;
    const added = signaturesByKey.get(signedKey(device.userId, device.deviceId));
    (keys.deviceKeys[device.userId] ??= {})[device.deviceId] = presentDeviceKeys(device, added ?? []);
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
function withSignatures(signed: JsonObject, added: readonly StoredKeySignature[]): JsonObject {
  if (added.length === 0) return signed;
  const signatures: JsonObject = isJsonObject(signed['signatures']) ? { ...signed['signatures'] } : {};
  for (const { signerId, signerKeyId, signature } of added) {
    const own = signatures[signerId];
    signatures[signerId] = { ...(isJsonObject(own) ? own : {}), [signerKeyId]: signature };
  }
  return { ...signed, signatures };
}
