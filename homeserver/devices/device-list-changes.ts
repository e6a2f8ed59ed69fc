import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { decodeSyncToken, positionInShard } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import type { Context } from '../platform/context.ts';
import { type DeviceListChanges, readDeviceListChanges } from '../storage/devices/read-device-list-changes.ts';

/**
 * Whose keys a user's client has to ask for again (`changed`) or can forget (`left`) since a sync token, given as
 * positions by shard.
 * https://spec.matrix.org/v1.19/client-server-api/#tracking-the-device-list-for-a-user
 */
export async function findDeviceListChanges(
  context: Context,
  userId: string,
  since: readonly number[],
): Promise<DeviceListChanges> {
  const { shardCount } = context.shardLog;
  const positions = Array.from({ length: shardCount }, (_, shard) => positionInShard(since, shard));
  return await readDeviceListChanges(context, userId, positions);
}

/** As findDeviceListChanges for a token as text. Throws M_INVALID_PARAM. */
export async function findDeviceListChangesSince(
  context: Context,
  userId: string,
  token: string,
): Promise<DeviceListChanges> {
  const since = decodeSyncToken(token);
  if (!since) throw new MatrixError('M_INVALID_PARAM', 'from is not a token of /sync');
  return await findDeviceListChanges(context, userId, since);
}
