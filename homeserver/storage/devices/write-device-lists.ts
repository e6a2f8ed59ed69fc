import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putDeviceLists: BatchStatement = {
  name: 'put-device-lists',
  table: 'device_list',
  columns: { user_id: 'text', shard: 'smallint', position: 'bigint', stream_id: 'bigint' },
  text: (rows) => `INSERT INTO device_list (user_id, shard, position, stream_id) SELECT * FROM ${rows}
    ON CONFLICT (user_id) DO UPDATE SET shard = excluded.shard, position = excluded.position,
    stream_id = excluded.stream_id`,
  rowKey: (row) => row[0] as string,
};

/**
 * Where the log tells of the newest change of a user's devices or keys. `streamId` is of the newest update that other
 * servers are told, null where there is none and for users of other servers.
 */
export function putDeviceList(userId: string, shard: number, position: number, streamId: number | null): Write {
  return { statement: putDeviceLists, row: [userId, shard, position, streamId] };
}
