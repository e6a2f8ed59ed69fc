import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertPartialRooms: BatchStatement = {
  name: 'insert-partial-rooms',
  table: 'partial_state_room',
  columns: { room: 'integer', position: 'bigint', join_event: 'text', servers: 'text' },
  text: (rows) => `INSERT INTO partial_state_room (room, position, join_event, servers)
    SELECT row.room, row.position, row.join_event, ARRAY(SELECT jsonb_array_elements_text(row.servers::jsonb)) FROM ${rows}
    ON CONFLICT (room) DO UPDATE SET whole_since = NULL, position = excluded.position, join_event = excluded.join_event,
      servers = excluded.servers`,
  rowKey: (row) => String(row[0]),
};

/** The room was joined with partial state: see read-partial-rooms.ts. */
export function insertPartialRoom(row: {
  readonly room: number;
  readonly position: number;
  readonly joinEventId: string;
  readonly servers: readonly string[];
}): Write {
  return {
    statement: insertPartialRooms,
    row: [row.room, row.position, row.joinEventId, JSON.stringify(row.servers)],
  };
}

const completePartialRooms: BatchStatement = {
  name: 'complete-partial-rooms',
  table: 'partial_state_room',
  columns: { room: 'integer', whole_since: 'bigint' },
  text: (rows) => `UPDATE partial_state_room SET whole_since = row.whole_since FROM ${rows}
    WHERE partial_state_room.room = row.room`,
};

/** The room is whole from a position of its shard on. */
export function completePartialRoomRow(room: number, wholeSince: number): Write {
  return { statement: completePartialRooms, row: [room, wholeSince] };
}
