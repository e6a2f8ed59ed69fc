import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

/**
 * Part of statements that add rows of a device: nothing is added for one that was deleted in between, so that no keys
 * or messages wait for whoever takes its id next.
 */
export const whereDeviceExists = `WHERE EXISTS (
  SELECT FROM device WHERE device.user_id = row.user_id AND device.device_id = row.device_id)`;

const putDeviceKeysRows: BatchStatement = {
  name: 'put-device-keys',
  table: 'device_keys',
  columns: { user_id: 'text', device_id: 'text', body: 'text' },
  text: (rows) => `INSERT INTO device_keys (user_id, device_id, body) SELECT row.* FROM ${rows} ${whereDeviceExists}
    ON CONFLICT (user_id, device_id) DO UPDATE SET body = excluded.body`,
  rowKey: (row) => JSON.stringify(row.slice(0, 2)),
};

/** The identity keys of a device, as JSON text. */
export function putDeviceKeys(userId: string, deviceId: string, body: string): Write {
  return { statement: putDeviceKeysRows, row: [userId, deviceId, body] };
}

const tablesOfDevices = ['device_keys', 'one_time_key', 'fallback_key', 'inbox_message'] as const;

const deleteDeviceRows: readonly BatchStatement[] = tablesOfDevices.map((table) => ({
  name: `delete-device-from-${table}`,
  table,
  columns: { user_id: 'text', device_id: 'text' },
  text: (rows) => `DELETE FROM ${table} t USING ${rows} WHERE t.user_id = row.user_id AND t.device_id = row.device_id`,
}));

const deleteDeviceSignatures: BatchStatement = {
  name: 'delete-device-signatures',
  table: 'key_signature',
  columns: { user_id: 'text', device_id: 'text' },
  text: (rows) => `DELETE FROM key_signature t USING ${rows}
    WHERE t.user_id = row.user_id AND t.key_name = row.device_id AND t.signer_id = row.user_id`,
};

/** Everything of this folder that hangs on a device. */
export function deleteRowsOfDevice(userId: string, deviceId: string): Write[] {
  return [...deleteDeviceRows, deleteDeviceSignatures].map((statement) => ({ statement, row: [userId, deviceId] }));
}
