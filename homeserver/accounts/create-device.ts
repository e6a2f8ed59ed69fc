import { deviceListChange, loadDeviceListHead } from '../devices/device-list-change.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { countDevices } from '../storage/accounts/read-devices.ts';
import { insertDevice, renameDevice } from '../storage/accounts/write-devices.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';
import { checkDeviceCount } from './new-session.ts';

interface NewDevice {
  readonly userId: string;
  readonly deviceId: string;
  readonly displayName: string | null;
  readonly createdMs: number;
}

export const createDeviceCommand: Command<NewDevice, { readonly isNew: boolean }> = {
  name: 'create-device',
  key: accountKey,
  releases: 'committed',
  async decide(shard, device) {
    const { userId, deviceId, displayName } = device;
    const { count, exists } = await countDevices(shard.context.database, userId, deviceId);
    if (exists && displayName === null) return { result: { isNew: false } };
    if (!exists) checkDeviceCount(shard.context, count);
    const head = await loadDeviceListHead(shard, userId);
    const committed = shard.append(1, (position) => {
      const { entries, writes } = deviceListChange(shard, head, { deviceIds: [deviceId] }, position);
      const change = exists ? renameDevice(userId, deviceId, displayName ?? '') : insertDevice(userId, device);
      return { entries, writes: [...writes, change] };
    });
    return { result: { isNew: !exists }, committed };
  },
};

/**
 * Makes a device without logging anybody in, as application services do, or renames the one that is there. Gives whether
 * it is new. Throws M_RESOURCE_LIMIT_EXCEEDED.
 */
export async function createDevice(context: Context, device: Omit<NewDevice, 'createdMs'>): Promise<boolean> {
  const input = { ...device, createdMs: context.clock.wallMs() };
  const { isNew } = await context.shardLog.submit(createDeviceCommand, shardOfUser(context, device.userId), input);
  return isNew;
}
