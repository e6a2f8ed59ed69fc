import type { Context } from '../platform/context.ts';
import type { Change } from '../platform/shard-log/batch.ts';
import type { Command } from '../platform/shard-log/command.ts';
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
    const change = await prepareDeviceDeletion(shard.context, input);
    if (change.writes.length === 0) return { result: null };
    return { result: null, committed: shard.append(change.entries.length, () => change) };
  },
};

/** Deletes devices with everything that is theirs, and ends their sessions. Deleting what is gone already is fine. */
export async function deleteDevices(context: Context, deletion: DeviceDeletion): Promise<void> {
  await context.shardLog.submit(deleteDevicesCommand, shardOfUser(context, deletion.userId), deletion);
}

/**
 * What the deletion of devices changes, for commands that do it among other things. The one place where everything
 * that hangs on a device goes with it.
 */
export async function prepareDeviceDeletion(context: Context, deletion: DeviceDeletion): Promise<Change> {
  const { userId, deviceIds, except } = deletion;
  const devices = await readDevices(context.database, userId);
  const ended = devices
    .map((device) => device.deviceId)
    .filter((deviceId) => deviceId !== except && (deviceIds === 'all' || deviceIds.includes(deviceId)));
  if (ended.length === 0) return { entries: [], writes: [] };
  return {
    entries: [
      ...ended.map((deviceId): NewEntry => ({ kind: 'session', body: { userId, deviceId } })),
      { kind: 'device-list', body: { userId } },
    ],
    writes: ended.flatMap((deviceId) => [deleteSessionTokens(userId, deviceId), deleteDevice(userId, deviceId)]),
  };
}
