import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { isUserOfServer } from '../../rooms/server-of-user.ts';
import { sharesRoomWithUs } from '../../rooms/servers-of-user.ts';
import type { StoredDeviceKeys } from '../../storage/devices/read-device-keys.ts';
import { readRemoteDeviceLists } from '../../storage/devices/read-remote-device-lists.ts';
import type { RemoteDeviceList } from '../../storage/devices/remote-device-list-row.ts';
import { deleteRemoteDevice, putRemoteDevice } from '../../storage/devices/write-remote-device-lists.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import { isDeviceId, parseRemoteDevice } from './check-remote-keys.ts';
import { isStreamId, remoteDeviceListKey, tellRemoteChange, writeList } from './remote-device-list.ts';
import { deviceListServerHeard } from './resync-device-lists.ts';

interface DeviceListUpdate {
  readonly userId: string;
  readonly deviceId: string;
  readonly streamId: number;
  /** `prev_id`: the updates to which this one is relative. */
  readonly previous: readonly number[];
  readonly isDeleted: boolean;
  /** Null: it has no keys, or those given are not right. */
  readonly device: StoredDeviceKeys | null;
}

const maxPrevious = 100;

/**
 * Brings the copy of a device list up to date. When an update in between is missing the copy becomes stale, and the
 * server is asked for the whole list. Clients are told in both cases; of a user of whom there is no copy they know
 * nothing but that they have to ask, which a device without keys does not change.
 */
export const applyDeviceListUpdateCommand: Command<DeviceListUpdate, null> = {
  name: 'apply-device-list-update',
  key: remoteDeviceListKey,
  releases: 'committed',
  async decide(shard, update) {
    const { userId, streamId, device, isDeleted } = update;
    const list = (await readRemoteDeviceLists(shard.context.database, [userId])).get(userId);
    if (!list && !device && !isDeleted) return { result: null };
    if (list?.streamId === streamId) return { result: null };
    const committed = shard.append(1, (position) => {
      const { entry, write } = tellRemoteChange(shard, userId, position);
      return { entries: [entry], writes: [write, ...(list ? updateWrites(shard, list, update) : [])] };
    });
    return { result: null, committed };
  },
};

function updateWrites(shard: { readonly id: number }, list: RemoteDeviceList, update: DeviceListUpdate): Write[] {
  const { userId, deviceId, streamId, previous, device } = update;
  const follows = !list.isStale && previous.length > 0 && previous.every((id) => id === list.streamId);
  if (!follows) return [writeList(shard, { ...list, isStale: true, mark: list.mark + 1 })];
  return [
    writeList(shard, { ...list, streamId }),
    device ? putRemoteDevice(device) : deleteRemoteDevice(userId, deviceId),
  ];
}

/**
 * Takes an m.device_list_update EDU in. What concerns users who share no room with this server is passed over. Throws
 * M_INVALID_PARAM, M_FORBIDDEN for users of other servers.
 * https://spec.matrix.org/v1.19/server-server-api/#device-management
 */
export async function receiveDeviceListUpdate(context: Context, origin: string, content: JsonObject): Promise<void> {
  const { user_id: userId, device_id: deviceId, stream_id: streamId, deleted, keys } = content;
  const previous = content['prev_id'] ?? [];
  if (typeof userId !== 'string' || !isDeviceId(deviceId) || !isStreamId(streamId) || !isStreamIds(previous)) {
    throw new MatrixError('M_INVALID_PARAM', 'm.device_list_update needs user_id, device_id and stream_id');
  }
  if (!isUserOfServer(userId, origin)) throw new MatrixError('M_FORBIDDEN', 'A server speaks for its own users');
  deviceListServerHeard(context, origin);
  if (!(await sharesRoomWithUs(context, userId))) return;
  const isDeleted = deleted === true;
  const device = parseRemoteDevice(userId, deviceId, keys, content['device_display_name']);
  await context.shardLog.submit(applyDeviceListUpdateCommand, shardOfUser(context, userId), {
    ...{ userId, deviceId, streamId, previous, isDeleted },
    device: (!isDeleted && device) || null,
  });
}

function isStreamIds(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= maxPrevious && value.every(isStreamId);
}
