import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { RemoteDeviceList } from './remote-device-list-row.ts';

const putLists: BatchStatement = {
  name: 'put-remote-device-lists',
  table: 'remote_device_list',
  columns: {
    user_id: 'text',
    server: 'text',
    shard: 'smallint',
    stream_id: 'bigint',
    is_stale: 'boolean',
    mark: 'integer',
  },
  text: (rows) => `INSERT INTO remote_device_list (user_id, server, shard, stream_id, is_stale, mark)
    SELECT * FROM ${rows}
    ON CONFLICT (user_id) DO UPDATE SET shard = excluded.shard, stream_id = excluded.stream_id,
    is_stale = excluded.is_stale, mark = excluded.mark`,
  rowKey: (row) => String(row[0]),
};

export function putRemoteDeviceList(
  list: RemoteDeviceList & { readonly server: string; readonly shard: number },
): Write {
  const { userId, server, shard, streamId, isStale, mark } = list;
  return { statement: putLists, row: [userId, server, shard, streamId, isStale, mark] };
}

const deleteLists: BatchStatement = {
  name: 'delete-remote-device-lists',
  table: 'remote_device_list',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM remote_device_list t USING ${rows} WHERE t.user_id = row.user_id`,
};

export function deleteRemoteDeviceList(userId: string): Write {
  return { statement: deleteLists, row: [userId] };
}

const putDevices: BatchStatement = {
  name: 'put-remote-devices',
  table: 'remote_device',
  columns: { user_id: 'text', device_id: 'text', display_name: 'text', body: 'text' },
  text: (rows) => `INSERT INTO remote_device (user_id, device_id, display_name, body) SELECT * FROM ${rows}
    ON CONFLICT (user_id, device_id) DO UPDATE SET display_name = excluded.display_name, body = excluded.body`,
  rowKey: (row) => JSON.stringify(row.slice(0, 2)),
};

export interface RemoteDeviceRow {
  readonly userId: string;
  readonly deviceId: string;
  readonly displayName: string | null;
  /** Identity keys, as canonical JSON. */
  readonly body: string;
}

export function putRemoteDevice({ userId, deviceId, displayName, body }: RemoteDeviceRow): Write {
  return { statement: putDevices, row: [userId, deviceId, displayName, body] };
}

const deleteDevices: BatchStatement = {
  name: 'delete-remote-devices',
  table: 'remote_device',
  columns: { user_id: 'text', device_id: 'text' },
  text: (rows) => `DELETE FROM remote_device t USING ${rows}
    WHERE t.user_id = row.user_id AND t.device_id = row.device_id`,
};

export function deleteRemoteDevice(userId: string, deviceId: string): Write {
  return { statement: deleteDevices, row: [userId, deviceId] };
}

const deleteDevicesOfUsers: BatchStatement = {
  name: 'delete-remote-devices-of-users',
  table: 'remote_device',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM remote_device t USING ${rows} WHERE t.user_id = row.user_id`,
};

export function deleteRemoteDevicesOf(userId: string): Write {
  return { statement: deleteDevicesOfUsers, row: [userId] };
}
