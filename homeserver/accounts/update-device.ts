import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { deviceListChange, loadDeviceListHead } from '../devices/device-list-change.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readDevice } from '../storage/accounts/read-devices.ts';
import { renameDevice } from '../storage/accounts/write-devices.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';

interface DeviceUpdate {
  readonly userId: string;
  readonly deviceId: string;
  readonly displayName: string | null;
}

/** Other users see the name among the device's keys, so it is a change of the device list. */
export const updateDeviceCommand: Command<DeviceUpdate, null> = {
  name: 'update-device',
  key: accountKey,
  releases: 'committed',
  async decide(shard, { userId, deviceId, displayName }) {
    if (!(await readDevice(shard.context.database, userId, deviceId))) {
      throw new MatrixError('M_NOT_FOUND', 'There is no such device');
    }
    if (displayName === null) return { result: null };
    const head = await loadDeviceListHead(shard, userId);
    const committed = shard.append(1, (position) => {
      const { entries, writes } = deviceListChange(shard, head, { deviceIds: [deviceId] }, position);
      return { entries, writes: [...writes, renameDevice(userId, deviceId, displayName)] };
    });
    return { result: null, committed };
  },
};

/** Changes what is given. Throws M_NOT_FOUND. */
export async function updateDevice(context: Context, update: DeviceUpdate): Promise<void> {
  await context.shardLog.submit(updateDeviceCommand, shardOfUser(context, update.userId), update);
}
