import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { CrossSigningUsage, StoredCrossSigningKey } from '../storage/devices/cross-signing-rows.ts';
import { readCrossSigningKeys } from '../storage/devices/read-cross-signing.ts';
import { readDevicesOf } from '../storage/devices/read-inbox.ts';
import {
  deleteCrossSigningKey,
  deleteSignaturesWithKey,
  putCrossSigningKey,
} from '../storage/devices/write-cross-signing.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { checkSignedByMaster, parseCrossSigningKey } from './check-cross-signing-keys.ts';
import { deviceListChange, loadDeviceListHead } from './device-list-change.ts';

/** Keys as uploaded, by usage. */
export type CrossSigningUpload = Partial<Record<CrossSigningUsage, JsonObject>>;

export type CrossSigningOutcome = 'stored' | 'must-authenticate';

interface UploadCrossSigningInput {
  readonly userId: string;
  readonly keys: readonly StoredCrossSigningKey[];
  readonly isAuthenticated: boolean;
}

export const uploadCrossSigningKeysCommand: Command<UploadCrossSigningInput, CrossSigningOutcome> = {
  name: 'upload-cross-signing-keys',
  key: ({ userId }) => `keys ${userId}`,
  releases: 'committed',
  async decide(shard, { userId, keys, isAuthenticated }) {
    const [stored, devices] = await Promise.all([
      readCrossSigningKeys(shard.context.database, [userId]),
      readDevicesOf(shard.context.database, [userId]),
    ]);
    const current = new Map(stored.map((key) => [key.usage, key]));
    checkKeys(keys, current, new Set(devices.map((device) => device.deviceId)));
    const replaced = keys.filter((key) => current.get(key.usage)?.publicKey !== key.publicKey);
    if (replaced.length === 0) return { result: 'stored' };
    if (current.has('master') && !isAuthenticated) return { result: 'must-authenticate' };
    const head = await loadDeviceListHead(shard, userId);
    const committed = shard.append(1, (position) => {
      const { entries, writes } = deviceListChange(shard, head, { crossSigning: true }, position);
      return { entries, writes: [...writes, ...replaceKeys(userId, replaced, current)] };
    });
    return { result: 'stored', committed };
  },
};

type CurrentKeys = ReadonlyMap<CrossSigningUsage, StoredCrossSigningKey>;

function checkKeys(keys: readonly StoredCrossSigningKey[], current: CurrentKeys, deviceIds: ReadonlySet<string>): void {
  const master = keys.find((key) => key.usage === 'master') ?? current.get('master');
  if (!master) throw new MatrixError('M_MISSING_PARAM', 'No master signing key is available');
  for (const key of keys) {
    if (deviceIds.has(key.publicKey)) throw new MatrixError('M_FORBIDDEN', `${key.usage}_key: key id in use`);
    if (key.usage !== 'master') checkSignedByMaster(key, master.publicKey, cryptoPrimitives);
  }
}

/** New keys, without what hung on those before. Another master key ends the keys that the old one had signed. */
function* replaceKeys(
  userId: string,
  replaced: readonly StoredCrossSigningKey[],
  current: CurrentKeys,
): Generator<Write> {
  const newUsages = new Set(replaced.map((key) => key.usage));
  for (const key of current.values()) {
    const ends = newUsages.has(key.usage) || newUsages.has('master');
    if (!ends) continue;
    yield deleteSignaturesWithKey(userId, key.publicKey);
    if (!newUsages.has(key.usage)) yield deleteCrossSigningKey(userId, key.usage);
  }
  for (const key of replaced) yield putCrossSigningKey(key);
}

/**
 * Publishes a user's cross-signing keys. The first keys, and those that are there already, need no authentication
 * besides the session's; everything else gives 'must-authenticate' unless the user has done so.
 * Throws M_INVALID_PARAM, M_INVALID_SIGNATURE, M_MISSING_PARAM (no master key), M_FORBIDDEN (id in use).
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysdevice_signingupload
 */
export async function uploadCrossSigningKeys(
  context: Context,
  userId: string,
  upload: CrossSigningUpload,
  isAuthenticated: boolean,
): Promise<CrossSigningOutcome> {
  const keys = (['master', 'self_signing', 'user_signing'] as const).flatMap((usage) => {
    const key = upload[usage];
    return key ? [parseCrossSigningKey(key, userId, usage)] : [];
  });
  return await context.shardLog.submit(uploadCrossSigningKeysCommand, shardOfUser(context, userId), {
    ...{ userId, keys, isAuthenticated },
  });
}
