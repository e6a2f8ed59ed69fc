import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertPartialRooms: BatchStatement = {
  name: 'insert-partial-rooms',
  table: 'partial_state_room',
  columns: {
    room: 'integer',
    position: 'bigint',
    join_event: 'text',
    servers: 'text',
    lowest_position: 'bigint',
    whole_since: 'bigint',
  },
  text: (rows) => `INSERT INTO partial_state_room (room, position, join_event, servers, lowest_position, whole_since)
    SELECT row.room, row.position, row.join_event, ARRAY(SELECT jsonb_array_elements_text(row.servers::jsonb)),
      row.lowest_position, row.whole_since FROM ${rows}
    ON CONFLICT (room) DO UPDATE SET whole_since = excluded.whole_since, is_corrected = false,
      position = excluded.position, join_event = excluded.join_event, servers = excluded.servers,
      lowest_position = excluded.lowest_position`,
  rowKey: (row) => String(row[0]),
};

/** The room was joined with partial state, or lacks some of it: see read-partial-rooms.ts and read-missing-state.ts. */
export function insertPartialRoom(row: {
  readonly room: number;
  readonly position: number;
  readonly joinEventId: string;
  readonly servers: readonly string[];
  /** What other servers' events are stored later has lower positions. */
  readonly lowestPosition: number;
  /** All that was to be had was told with the join. */
  readonly isWhole: boolean;
}): Write {
  const { room, position, joinEventId, servers, lowestPosition, isWhole } = row;
  return {
    statement: insertPartialRooms,
    row: [room, position, joinEventId, JSON.stringify(servers), lowestPosition, isWhole ? position : null],
  };
}

const completePartialRooms: BatchStatement = {
  name: 'complete-partial-rooms',
  table: 'partial_state_room',
  columns: { room: 'integer', whole_since: 'bigint', is_corrected: 'boolean' },
  text: (
    rows,
  ) => `UPDATE partial_state_room SET whole_since = row.whole_since, is_corrected = row.is_corrected FROM ${rows}
    WHERE partial_state_room.room = row.room`,
};

/** The room is whole from a position of its shard on. `isCorrected`: some of what was told before was wrong. */
export function completePartialRoomRow(room: number, wholeSince: number, isCorrected: boolean): Write {
  return { statement: completePartialRooms, row: [room, wholeSince, isCorrected] };
}
