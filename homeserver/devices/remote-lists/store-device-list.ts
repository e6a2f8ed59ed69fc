import type { Context } from '../../platform/context.ts';
import type { Command, OwnedShard } from '../../platform/shard-log/command.ts';
import type { StoredCrossSigningKey } from '../../storage/devices/cross-signing-rows.ts';
import { readCrossSigningKeys } from '../../storage/devices/read-cross-signing.ts';
import type { StoredDeviceKeys } from '../../storage/devices/read-device-keys.ts';
import {
  readRemoteDeviceLists,
  readRemoteDevices,
  readUsersWithSharedRooms,
} from '../../storage/devices/read-remote-device-lists.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import {
  deleteCopy,
  type FetchedDeviceList,
  remoteDeviceListKey,
  replaceCopy,
  tellRemoteChange,
} from './remote-device-list.ts';

interface StoreDeviceListInput extends FetchedDeviceList {
  /** RemoteDeviceList.mark before the server was asked; 0: there was no row. */
  readonly mark: number;
  /** Whoever asked is given the list: nobody else has to be told of what nobody had. */
  readonly isAnswer: boolean;
}

/**
 * Stores a copy of a whole device list, if the user shares a room with this server. What made it stale while the server
 * was asked counts on: it is asked for once more.
 */
export const storeDeviceListCommand: Command<StoreDeviceListInput, null> = {
  name: 'store-remote-device-list',
  key: remoteDeviceListKey,
  releases: 'committed',
  async decide(shard, input) {
    const { userId, mark, isAnswer } = input;
    const { database } = shard.context;
    const [lists, sharing] = await Promise.all([
      readRemoteDeviceLists(database, [userId]),
      readUsersWithSharedRooms(shard.context, [userId]),
    ]);
    const known = lists.get(userId);
    if (!sharing.has(userId)) {
      if (!known) return { result: null };
      return { result: null, committed: shard.append(0, () => ({ entries: [], writes: deleteCopy(userId) })) };
    }
    const state = { isStale: (known?.mark ?? 0) !== mark, mark: known?.mark ?? 0 };
    const isNews = known !== undefined && !isAnswer && (await differs(shard, input, known.streamId));
    const committed = shard.append(isNews ? 1 : 0, (position) => {
      const writes = replaceCopy(shard, input, state);
      if (!isNews) return { entries: [], writes };
      const told = tellRemoteChange(shard, userId, position);
      return { entries: [told.entry], writes: [told.write, ...writes] };
    });
    return { result: null, committed };
  },
};

/** Whether clients that know the copy would have to ask again. */
async function differs(shard: OwnedShard, list: FetchedDeviceList, streamId: number | null): Promise<boolean> {
  if (streamId === null) return true;
  const { database } = shard.context;
  const [devices, keys] = await Promise.all([
    readRemoteDevices(database, [list.userId]),
    readCrossSigningKeys(database, [list.userId]),
  ]);
  return digest(devices, keys) !== digest(list.devices, list.crossSigningKeys);
}

function digest(devices: readonly StoredDeviceKeys[], keys: readonly StoredCrossSigningKey[]): string {
  const texts = devices.map(({ deviceId, displayName, body }) => JSON.stringify([deviceId, displayName, body]));
  return [...texts, ...keys.map(({ usage, body }) => JSON.stringify([usage, body]))].sort().join();
}

export async function storeDeviceList(
  context: Context,
  list: FetchedDeviceList,
  asked: Pick<StoreDeviceListInput, 'mark' | 'isAnswer'>,
): Promise<void> {
  await context.shardLog.submit(storeDeviceListCommand, shardOfUser(context, list.userId), { ...list, ...asked });
}
