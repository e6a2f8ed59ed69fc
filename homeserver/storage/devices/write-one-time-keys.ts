import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { whereDeviceExists } from './write-device-keys.ts';

const keyColumns = { user_id: 'text', device_id: 'text', algorithm: 'text', key_id: 'text' } as const;
const sameKey = `t.user_id = row.user_id AND t.device_id = row.device_id AND t.algorithm = row.algorithm
  AND t.key_id = row.key_id`;

/** A one-time or fallback key by its place. */
export interface KeyPlace {
  readonly userId: string;
  readonly deviceId: string;
  readonly algorithm: string;
  readonly keyId: string;
}

const putOneTimeKeys: BatchStatement = {
  name: 'put-one-time-keys',
  table: 'one_time_key',
  columns: { ...keyColumns, upload: 'integer', body: 'text' },
  text: (rows) => `INSERT INTO one_time_key (user_id, device_id, algorithm, key_id, upload, body)
    SELECT row.* FROM ${rows} ${whereDeviceExists}
    ON CONFLICT (user_id, device_id, algorithm, key_id) DO UPDATE
    SET upload = excluded.upload, body = excluded.body, is_claimed = false`,
  rowKey: (row) => JSON.stringify(row.slice(0, 4)),
};

/** A key that can be claimed from now on. `upload` counts the device's uploads. */
export function putOneTimeKey(key: KeyPlace, upload: number, body: string): Write {
  return { statement: putOneTimeKeys, row: [key.userId, key.deviceId, key.algorithm, key.keyId, upload, body] };
}

const claimOneTimeKeys: BatchStatement = {
  name: 'claim-one-time-keys',
  table: 'one_time_key',
  columns: keyColumns,
  text: (rows) => `UPDATE one_time_key t SET is_claimed = true FROM ${rows} WHERE ${sameKey}`,
};

/** The key has been given out and is never given out again. */
export function claimOneTimeKey(key: KeyPlace): Write {
  return { statement: claimOneTimeKeys, row: [key.userId, key.deviceId, key.algorithm, key.keyId] };
}

const forgetClaimed: BatchStatement = {
  name: 'forget-claimed-keys',
  table: 'one_time_key',
  columns: { user_id: 'text', device_id: 'text', upload: 'integer' },
  text: (rows) => `DELETE FROM one_time_key t USING ${rows}
    WHERE t.user_id = row.user_id AND t.device_id = row.device_id AND t.upload <= row.upload AND t.is_claimed`,
};

/** Drops what is remembered of claimed keys that came with the device's upload of this number or before. */
export function forgetClaimedKeys(userId: string, deviceId: string, upload: number): Write {
  return { statement: forgetClaimed, row: [userId, deviceId, upload] };
}

const putFallbackKeys: BatchStatement = {
  name: 'put-fallback-keys',
  table: 'fallback_key',
  columns: { ...keyColumns, body: 'text' },
  text: (rows) => `INSERT INTO fallback_key (user_id, device_id, algorithm, key_id, body)
    SELECT row.* FROM ${rows} ${whereDeviceExists}
    ON CONFLICT (user_id, device_id, algorithm) DO UPDATE SET key_id = excluded.key_id, body = excluded.body,
      is_used = fallback_key.is_used AND fallback_key.key_id = excluded.key_id AND fallback_key.body = excluded.body`,
  rowKey: (row) => JSON.stringify(row.slice(0, 3)),
};

/** Replaces the fallback key of the algorithm. The same key again stays used if it was. */
export function putFallbackKey(key: KeyPlace, body: string): Write {
  return { statement: putFallbackKeys, row: [key.userId, key.deviceId, key.algorithm, key.keyId, body] };
}

const useFallbackKeys: BatchStatement = {
  name: 'use-fallback-keys',
  table: 'fallback_key',
  columns: keyColumns,
  text: (rows) => `UPDATE fallback_key t SET is_used = true FROM ${rows} WHERE ${sameKey}`,
};

export function markFallbackKeyUsed(key: KeyPlace): Write {
  return { statement: useFallbackKeys, row: [key.userId, key.deviceId, key.algorithm, key.keyId] };
}
