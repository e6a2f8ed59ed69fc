import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import { readSharedIds } from '../storage/devices/read-inbox.ts';
import { deleteRowsOfDevice } from '../storage/devices/write-device-keys.ts';
import { deleteUnreferencedMessage } from '../storage/devices/write-inbox.ts';

/** The rows that go with devices when they are deleted: identity and one-time keys, signatures, inbox. */
export async function prepareDeviceRemoval(
  context: Context,
  userId: string,
  deviceIds: readonly string[],
): Promise<Write[]> {
  const shared = await Promise.all(deviceIds.map((deviceId) => readSharedIds(context.database, { userId, deviceId })));
  return [
    ...deviceIds.flatMap((deviceId) => deleteRowsOfDevice(userId, deviceId)),
    ...shared.flat().map(deleteUnreferencedMessage),
  ];
}
