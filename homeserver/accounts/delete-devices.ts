import { deviceListChange, loadDeviceListHead } from '../devices/device-list-change.ts';
import { prepareDeviceRemoval } from '../devices/remove-devices.ts';
import type { Context } from '../platform/context.ts';
import type { Change } from '../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { readDevices } from '../storage/accounts/read-devices.ts';
import { deleteDevice } from '../storage/accounts/write-devices.ts';
import { deleteSessionTokens } from '../storage/accounts/write-sessions.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';

export interface DeviceDeletion {
  readonly userId: string;
  /** 'all', or these; ids that the user does not have are passed over. */
  readonly deviceIds: readonly string[] | 'all';
  /** One that stays whatever `deviceIds` says. */
  readonly except?: string | null;
}

export const deleteDevicesCommand: Command<DeviceDeletion, null> = {
  name: 'delete-devices',
  key: accountKey,
  releases: 'committed',
  async decide(shard, input) {
    const { entryCount, build } = await prepareDeviceDeletion(shard, input);
    return entryCount === 0 ? { result: null } : { result: null, committed: shard.append(entryCount, build) };
  },
};

/** Deletes devices with everything that is theirs, and ends their sessions. Deleting what is gone already is fine. */
export async function deleteDevices(context: Context, deletion: DeviceDeletion): Promise<void> {
  await context.shardLog.submit(deleteDevicesCommand, shardOfUser(context, deletion.userId), deletion);
}

/** What a deletion of devices adds to a command; `build` is given the position of its first entry. */
export interface PreparedDeletion {
  readonly entryCount: number;
  build(firstPosition: number): Change;
}

/**
 * Prepares the deletion of devices, for commands that do it among other things. The one place where everything that
 * hangs on a device goes with it.
 */
export async function prepareDeviceDeletion(shard: OwnedShard, deletion: DeviceDeletion): Promise<PreparedDeletion> {
  const { userId, deviceIds, except } = deletion;
  const devices = await readDevices(shard.context.database, userId);
  const ended = devices
    .map((device) => device.deviceId)
    .filter((deviceId) => deviceId !== except && (deviceIds === 'all' || deviceIds.includes(deviceId)));
  if (ended.length === 0) return { entryCount: 0, build: () => ({ entries: [], writes: [] }) };
  const [head, keyWrites] = await Promise.all([
    loadDeviceListHead(shard, userId),
    prepareDeviceRemoval(shard.context, userId, ended),
  ]);
  const sessionEntries = ended.map((deviceId): NewEntry => ({ kind: 'session', body: { userId, deviceId } }));
  return {
    entryCount: ended.length * 2,
    build(firstPosition) {
      const list = deviceListChange(shard, head, { deviceIds: ended }, firstPosition);
      const writes = ended.flatMap((deviceId) => [
        deleteSessionTokens(userId, deviceId),
        deleteDevice(userId, deviceId),
      ]);
      return { entries: [...list.entries, ...sessionEntries], writes: [...list.writes, ...writes, ...keyWrites] };
    },
  };
}
