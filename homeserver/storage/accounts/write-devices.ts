import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertDevices: BatchStatement = {
  name: 'insert-devices',
  table: 'device',
  columns: { user_id: 'text', device_id: 'text', display_name: 'text', created_ms: 'bigint' },
  text: (rows) => `INSERT INTO device (user_id, device_id, display_name, created_ms)
    SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

/** A device that exists already stays as it is. */
export function insertDevice(
  userId: string,
  device: { deviceId: string; displayName: string | null; createdMs: number },
): Write {
  return { statement: insertDevices, row: [userId, device.deviceId, device.displayName, device.createdMs] };
}

const renameDevices: BatchStatement = {
  name: 'rename-devices',
  table: 'device',
  columns: { user_id: 'text', device_id: 'text', display_name: 'text' },
  text: (rows) => `UPDATE device SET display_name = row.display_name
    FROM ${rows} WHERE device.user_id = row.user_id AND device.device_id = row.device_id`,
  rowKey: ([userId, deviceId]) => `${String(userId)} ${String(deviceId)}`,
};

export function renameDevice(userId: string, deviceId: string, displayName: string): Write {
  return { statement: renameDevices, row: [userId, deviceId, displayName] };
}

const updateSeen: BatchStatement = {
  name: 'update-devices-seen',
  table: 'device',
  columns: { user_id: 'text', device_id: 'text', seen_ms: 'bigint', address: 'text', agent: 'text' },
  text: (rows) => `UPDATE device SET last_seen_ms = row.seen_ms, last_seen_address = row.address,
      last_seen_agent = row.agent
    FROM ${rows} WHERE device.user_id = row.user_id AND device.device_id = row.device_id`,
  rowKey: ([userId, deviceId]) => `${String(userId)} ${String(deviceId)}`,
};

export interface DeviceSeen {
  readonly userId: string;
  readonly deviceId: string;
  readonly seenMs: number;
  readonly address: string;
  readonly agent: string | null;
}

export function updateDeviceSeen(seen: DeviceSeen): Write {
  return { statement: updateSeen, row: [seen.userId, seen.deviceId, seen.seenMs, seen.address, seen.agent] };
}

const deleteDevices: BatchStatement = {
  name: 'delete-devices',
  table: 'device',
  columns: { user_id: 'text', device_id: 'text' },
  text: (rows) => `DELETE FROM device USING ${rows}
    WHERE device.user_id = row.user_id AND device.device_id = row.device_id`,
};

export function deleteDevice(userId: string, deviceId: string): Write {
  return { statement: deleteDevices, row: [userId, deviceId] };
}
