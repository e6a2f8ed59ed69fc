import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { eventFlags } from './event-row.ts';

const deleteBackwardExtremities: BatchStatement = {
  name: 'delete-purged-backward-extremities',
  table: 'backward_extremity',
  columns: { room: 'integer', position: 'bigint' },
  text: (rows) => `DELETE FROM backward_extremity USING ${rows}
    WHERE backward_extremity.room = row.room AND backward_extremity.position <= row.position`,
};

const deleteGaps: BatchStatement = {
  name: 'delete-purged-timeline-gaps',
  table: 'timeline_gap',
  columns: { room: 'integer', position: 'bigint' },
  text: (rows) => `DELETE FROM timeline_gap USING ${rows}
    WHERE timeline_gap.room = row.room AND timeline_gap.before_position <= row.position`,
};

/** History up to a position has been purged: other servers are not asked for more of it. */
export function deleteHistoryEnds(room: number, position: number): Write[] {
  return [deleteBackwardExtremities, deleteGaps].map((statement) => ({ statement, row: [room, position] }));
}

const buryEvents: BatchStatement = {
  name: 'bury-events',
  table: 'event',
  columns: { shard: 'smallint', position: 'bigint' },
  // Sender and type become the empty name, which migrations made.
  text: (rows) => `UPDATE event SET event_id = '', event_id_hash = 0, transaction_hash = NULL, transaction = NULL,
      thread = NULL, auth = NULL, sender = 2, type = 2, body = '\\x7b7d', flags = ${eventFlags.purged}
    FROM ${rows} WHERE event.shard = row.shard AND event.position = row.position`,
  rowKey: (row) => `${String(row[0])} ${String(row[1])}`,
};

/** Leaves of an event nothing but its place in the log. */
export function buryEvent(shard: number, position: number): Write {
  return { statement: buryEvents, row: [shard, position] };
}

/** Tables that have rows of rooms, with the columns that name a row within the room, and their types. */
const roomTables = {
  room_state: { type: 'integer', state_key: 'integer', from_position: 'bigint' },
  fork_state: { state_set: 'bigint', type: 'integer', state_key: 'integer' },
  fork_event: { position: 'bigint' },
  forward_extremity: { position: 'bigint' },
  backward_extremity: { event_id: 'text' },
  timeline_gap: { first: 'bigint' },
  early_redaction: { redacts: 'text', position: 'bigint' },
  received_pdu: { event_id: 'text' },
  undecided_pdu: { identity: 'text' },
  relation: { parent_hash: 'bigint', rel_type: 'text', position: 'bigint' },
  notification: { member: 'integer', position: 'bigint' },
  receipt: { member: 'integer', type: 'smallint', thread_id: 'text' },
  partial_state_room: {},
  missing_state_event: { event_id: 'text' },
  published_room: {},
  application_service_room: { service: 'text', network: 'text' },
  room_figures: {},
} as const;

export type RoomTable = keyof typeof roomTables;

export const roomTableNames = Object.keys(roomTables) as RoomTable[];

/** The columns that name a row within a room. */
export function keyColumnsOf(table: RoomTable): string[] {
  return Object.keys(roomTables[table]);
}

const deletions = new Map(
  roomTableNames.map((table): [RoomTable, BatchStatement] => {
    const columns = { room: 'integer', ...roomTables[table] } as const;
    const matches = Object.keys(columns).map((column) => `t.${column} = row.${column}`);
    const text = (rows: string) => `DELETE FROM ${table} t USING ${rows} WHERE ${matches.join(' AND ')}`;
    return [table, { name: `delete-room-from-${table}`, table, columns, text }];
  }),
);

/** Deletes one row of a room; `key` has the values of its key columns. */
export function deleteRoomRow(table: RoomTable, room: number, key: readonly unknown[]): Write {
  const statement = deletions.get(table);
  if (!statement) throw new Error(`no rows of rooms are in ${table}`);
  return { statement, row: [room, ...key] };
}

const deleteEvents: BatchStatement = {
  name: 'delete-events',
  table: 'event',
  columns: { shard: 'smallint', position: 'bigint' },
  text: (rows) => `DELETE FROM event USING ${rows} WHERE event.shard = row.shard AND event.position = row.position`,
};

/** Deletes an event that has no place in the log: its position is below one. */
export function deleteEvent(shard: number, position: number): Write {
  if (position > 0) throw new Error('an event with a place in the log cannot be deleted');
  return { statement: deleteEvents, row: [shard, position] };
}
