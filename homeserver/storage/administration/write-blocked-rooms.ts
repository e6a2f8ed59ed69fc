import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertRooms: BatchStatement = {
  name: 'insert-blocked-rooms',
  table: 'blocked_room',
  columns: { room_id: 'text', blocked_by: 'text', blocked_ms: 'bigint' },
  text: (rows) => `INSERT INTO blocked_room (room_id, blocked_by, blocked_ms) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
};

const deleteRooms: BatchStatement = {
  name: 'delete-blocked-rooms',
  table: 'blocked_room',
  columns: { room_id: 'text' },
  text: (rows) => `DELETE FROM blocked_room USING ${rows} WHERE blocked_room.room_id = row.room_id`,
};

export function insertBlockedRoom(roomId: string, blockedBy: string, blockedMs: number): Write {
  return { statement: insertRooms, row: [roomId, blockedBy, blockedMs] };
}

export function deleteBlockedRoom(roomId: string): Write {
  return { statement: deleteRooms, row: [roomId] };
}
