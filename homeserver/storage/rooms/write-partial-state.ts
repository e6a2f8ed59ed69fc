import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertPartialStateRooms: BatchStatement = {
  name: 'insert-partial-state-rooms',
  table: 'partial_state_room',
  columns: { room: 'integer', position: 'bigint' },
  text: (rows) => `INSERT INTO partial_state_room (room, position) SELECT * FROM ${rows}
    ON CONFLICT (room) DO UPDATE SET position = excluded.position`,
  rowKey: (row) => String(row[0]),
};

const deletePartialStateRooms: BatchStatement = {
  name: 'delete-partial-state-rooms',
  table: 'partial_state_room',
  columns: { room: 'integer' },
  text: (rows) => `DELETE FROM partial_state_room USING ${rows} WHERE partial_state_room.room = row.room`,
};

/** Most members of the room are not known yet: it was joined at `position` with partial state. */
export function insertPartialState(room: number, position: number): Write {
  return { statement: insertPartialStateRooms, row: [room, position] };
}

/** All of the room's state is here. */
export function deletePartialState(room: number): Write {
  return { statement: deletePartialStateRooms, row: [room] };
}
