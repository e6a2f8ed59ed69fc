import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

/** Bits of notification.flags. */
export const notificationFlags = { notifies: 1, highlights: 2, countedInOrdinal: 4 } as const;

const insertNotifications: BatchStatement = {
  name: 'insert-notifications',
  table: 'notification',
  columns: {
    room: 'integer',
    member: 'integer',
    shard: 'smallint',
    position: 'bigint',
    thread: 'bigint',
    flags: 'smallint',
  },
  text: (rows) => `INSERT INTO notification (room, member, shard, position, thread, flags) SELECT * FROM ${rows}`,
};

/** An event that counts for a member otherwise than its own flags and ordinal say. */
export function insertNotification(row: {
  readonly room: number;
  readonly member: number;
  readonly shard: number;
  readonly position: number;
  readonly thread: number | null;
  readonly flags: number;
}): Write {
  return {
    statement: insertNotifications,
    row: [row.room, row.member, row.shard, row.position, row.thread, row.flags],
  };
}
