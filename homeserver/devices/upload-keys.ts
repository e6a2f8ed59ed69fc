import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { readOwnDeviceKeys } from '../storage/devices/read-device-keys.ts';
import {
  countOneTimeKeys,
  readLastUpload,
  readOneTimeKeys,
  type StoredOneTimeKey,
} from '../storage/devices/read-one-time-keys.ts';
import { putDeviceKeys } from '../storage/devices/write-device-keys.ts';
import { forgetClaimedKeys, putFallbackKey, putOneTimeKey } from '../storage/devices/write-one-time-keys.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { checkDeviceKeys, parseKeys, type UploadedKey } from './check-uploaded-keys.ts';
import { deviceListChange, loadDeviceListHead } from './device-list-change.ts';
import { withCommonAlgorithm } from './key-counts.ts';

interface UploadKeysInput {
  readonly userId: string;
  readonly deviceId: string;
  /** JSON text; null: they stay. */
  readonly deviceKeys: string | null;
  readonly oneTimeKeys: readonly UploadedKey[];
  readonly fallbackKeys: readonly UploadedKey[];
}

/** Unclaimed keys that a device may have on the server, of all algorithms. */
const maxOneTimeKeys = 1_000;
/** A claimed key is remembered for so many uploads of its device. */
const rememberedUploads = 10;

export const uploadKeysCommand: Command<UploadKeysInput, Record<string, number>> = {
  name: 'upload-keys',
  key: ({ userId }) => `keys ${userId}`,
  releases: 'committed',
  async decide(shard, input) {
    const { userId, deviceId } = input;
    const { database } = shard.context;
    const [deviceKeys, known, counts, lastUpload] = await Promise.all([
      input.deviceKeys === null ? undefined : readOwnDeviceKeys(database, userId, deviceId),
      readOneTimeKeys(database, userId, deviceId, input.oneTimeKeys),
      countOneTimeKeys(database, userId, deviceId),
      readLastUpload(database, userId, deviceId),
    ]);
    const fresh = newKeys(input.oneTimeKeys, known);
    for (const { algorithm } of fresh) counts[algorithm] = (counts[algorithm] ?? 0) + 1;
    checkCount(counts);
    const listChanged = input.deviceKeys !== null && input.deviceKeys !== deviceKeys;
    const keysChanged = fresh.length > 0 || input.fallbackKeys.length > 0;
    const result = withCommonAlgorithm(counts);
    if (!listChanged && !keysChanged) return { result };
    const writes = [...keyWrites(input, fresh, lastUpload + 1)];
    const head = listChanged ? await loadDeviceListHead(shard, userId) : undefined;
    const committed = shard.append(Number(listChanged) + Number(keysChanged), (position) => {
      const entries: NewEntry[] = [];
      if (head) {
        const change = deviceListChange(shard, head, { deviceIds: [deviceId] }, position);
        entries.push(...change.entries);
        writes.push(...change.writes, putDeviceKeys(userId, deviceId, input.deviceKeys ?? ''));
      }
      if (keysChanged) entries.push({ kind: 'one-time-keys', body: { userId, deviceId } });
      return { entries, writes };
    });
    return { result, committed };
  },
};

/** Those that are not known yet. The same key again is fine, even when it has been claimed since. */
function newKeys(uploaded: readonly UploadedKey[], known: readonly StoredOneTimeKey[]): UploadedKey[] {
  const bodies = new Map(known.map((key) => [`${key.algorithm}:${key.keyId}`, key]));
  return uploaded.filter(({ algorithm, keyId, body }) => {
    const same = bodies.get(`${algorithm}:${keyId}`);
    if (!same || (same.isClaimed && same.body !== body)) return true;
    if (same.body === body) return false;
    throw new MatrixError('M_INVALID_PARAM', `One-time key ${algorithm}:${keyId} already exists with other content`);
  });
}

function checkCount(counts: Readonly<Record<string, number>>): void {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total <= maxOneTimeKeys) return;
  throw new MatrixError('M_TOO_LARGE', `A device has at most ${maxOneTimeKeys} one-time keys on the server`);
}

function* keyWrites(input: UploadKeysInput, fresh: readonly UploadedKey[], upload: number): Generator<Write> {
  const { userId, deviceId } = input;
  for (const key of fresh) yield putOneTimeKey({ userId, deviceId, ...key }, upload, key.body);
  if (fresh.length > 0) yield forgetClaimedKeys(userId, deviceId, upload - rememberedUploads);
  for (const key of input.fallbackKeys) yield putFallbackKey({ userId, deviceId, ...key }, key.body);
}

export interface KeysUpload {
  readonly userId: string;
  readonly deviceId: string;
  readonly deviceKeys?: JsonObject | undefined;
  readonly oneTimeKeys?: JsonObject | undefined;
  readonly fallbackKeys?: JsonObject | undefined;
}

/**
 * Publishes keys of a device and returns how many one-time keys it has by algorithm. Throws M_INVALID_PARAM for keys
 * of another device, malformed ones, or a one-time key whose id has another content already; M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload
 */
export async function uploadKeys(context: Context, upload: KeysUpload): Promise<Record<string, number>> {
  const { userId, deviceId, deviceKeys } = upload;
  if (deviceKeys) checkDeviceKeys(deviceKeys, userId, deviceId);
  const fallbackKeys = parseKeys(upload.fallbackKeys ?? {}, 'fallback_keys');
  const algorithms = new Set(fallbackKeys.map((key) => key.algorithm));
  if (algorithms.size < fallbackKeys.length) {
    throw new MatrixError('M_INVALID_PARAM', 'fallback_keys holds two keys of one algorithm');
  }
  return await context.shardLog.submit(uploadKeysCommand, shardOfUser(context, userId), {
    userId,
    deviceId,
    deviceKeys: deviceKeys ? encodeCanonicalJson(deviceKeys) : null,
    oneTimeKeys: parseKeys(upload.oneTimeKeys ?? {}, 'one_time_keys'),
    fallbackKeys,
  });
}
