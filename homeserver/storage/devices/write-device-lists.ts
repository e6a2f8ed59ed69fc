import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putDeviceLists: BatchStatement = {
  name: 'put-device-lists',
  table: 'device_list',
  columns: { user_id: 'text', shard: 'smallint', position: 'bigint' },
  text: (rows) => `INSERT INTO device_list (user_id, shard, position) SELECT * FROM ${rows}
    ON CONFLICT (user_id) DO UPDATE SET shard = excluded.shard, position = excluded.position`,
  rowKey: (row) => row[0] as string,
};

/** Where the log tells of the newest change of a user's devices or keys. */
export function putDeviceList(userId: string, shard: number, position: number): Write {
  return { statement: putDeviceLists, row: [userId, shard, position] };
}
