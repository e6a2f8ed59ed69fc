import type { Context } from '../platform/context.ts';
import { readKeyCounts as readStoredKeyCounts } from '../storage/devices/read-one-time-keys.ts';
import { deviceCacheOf } from './device-cache.ts';

/** What /sync tells a device of its keys on this server. */
export interface KeyCounts {
  /** `device_one_time_keys_count`: unclaimed keys by algorithm; signed_curve25519 is always there. */
  readonly oneTimeKeys: Readonly<Record<string, number>>;
  /** `device_unused_fallback_key_types`. */
  readonly unusedFallbackTypes: readonly string[];
}

const countsCache = deviceCacheOf<KeyCounts>('one-time-keys');

/**
 * One-time-key counts and unused fallback key types of a device. Costs no query until they change.
 * https://spec.matrix.org/v1.19/client-server-api/#extensions-to-sync-1
 */
export async function readKeyCounts(context: Context, userId: string, deviceId: string): Promise<KeyCounts> {
  const cache = countsCache(context);
  const known = cache.get(userId, deviceId);
  if (known) return known;
  return await cache.read(userId, deviceId, async () => {
    const { oneTimeKeys, unusedFallbackTypes } = await readStoredKeyCounts(context.database, userId, deviceId);
    return { value: { oneTimeKeys: withCommonAlgorithm(oneTimeKeys), unusedFallbackTypes }, keep: true };
  });
}

/** The same where it is known without a query. */
export function peekKeyCounts(context: Context, userId: string, deviceId: string): KeyCounts | undefined {
  return countsCache(context).get(userId, deviceId);
}

/** Clients take an absent algorithm for "unknown" and not for zero, and would not upload. */
export function withCommonAlgorithm(counts: Record<string, number>): Record<string, number> {
  return { signed_curve25519: 0, ...counts };
}
