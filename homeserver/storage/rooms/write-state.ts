import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

export interface StateSpan {
  readonly shard: number;
  readonly room: number;
  readonly type: number;
  readonly stateKey: number;
  /** Of member events, see membership-codes.ts. */
  readonly membership: number | null;
}

const closeSpans: BatchStatement = {
  name: 'close-state-spans',
  table: 'room_state',
  columns: {
    room: 'integer',
    type: 'integer',
    state_key: 'integer',
    from_position: 'bigint',
    to_position: 'bigint',
  },
  text: (rows) => `UPDATE room_state SET to_position = row.to_position FROM ${rows}
    WHERE room_state.room = row.room AND room_state.type = row.type AND room_state.state_key = row.state_key
    AND room_state.from_position = row.from_position`,
};

const openSpans: BatchStatement = {
  name: 'open-state-spans',
  table: 'room_state',
  columns: {
    shard: 'smallint',
    room: 'integer',
    type: 'integer',
    state_key: 'integer',
    from_position: 'bigint',
    event: 'bigint',
    membership: 'smallint',
  },
  text: (rows) => `INSERT INTO room_state (shard, room, type, state_key, from_position, event, membership)
    SELECT * FROM ${rows}`,
  // A span is closed by its exact start, so one that is opened later does not concern it.
  commutesWith: [closeSpans],
};

/**
 * From a position on, the event at `eventPosition` (often the same position) is the current one; null: there is no such
 * state from there on.
 */
export function openStateSpan(span: StateSpan, fromPosition: number, eventPosition: number | null): Write {
  return {
    statement: openSpans,
    row: [span.shard, span.room, span.type, span.stateKey, fromPosition, eventPosition, span.membership],
  };
}

/** The span that began at `fromPosition` ends before `toPosition`. */
export function closeStateSpan(
  span: Pick<StateSpan, 'room' | 'type' | 'stateKey'>,
  fromPosition: number,
  toPosition: number,
): Write {
  return { statement: closeSpans, row: [span.room, span.type, span.stateKey, fromPosition, toPosition] };
}

const forgetRooms: BatchStatement = {
  name: 'forget-rooms',
  table: 'room_state',
  columns: { room: 'integer', state_key: 'integer', membership: 'smallint' },
  text: (rows) => `UPDATE room_state SET membership = row.membership FROM ${rows}
    WHERE room_state.room = row.room AND room_state.type = 1 AND room_state.state_key = row.state_key
    AND room_state.to_position = 9223372036854775807 AND room_state.membership IN (4, 5)`,
};

/** Marks a user's left room as forgotten. */
export function forgetRoom(room: number, user: number, code: number): Write {
  return { statement: forgetRooms, row: [room, user, code] };
}

const insertRooms: BatchStatement = {
  name: 'insert-rooms',
  table: 'room',
  columns: { id: 'integer', room_id: 'text', shard: 'smallint', version: 'text', creator: 'integer' },
  text: (rows) => `INSERT INTO room (id, room_id, shard, version, creator) OVERRIDING SYSTEM VALUE
    SELECT * FROM ${rows} ON CONFLICT (room_id) DO NOTHING`,
};

/** A new room, with a number from `takeRoomNumber`. */
export function insertRoom(room: {
  readonly number: number;
  readonly roomId: string;
  readonly shard: number;
  readonly version: string;
  readonly creator: number;
}): Write {
  return { statement: insertRooms, row: [room.number, room.roomId, room.shard, room.version, room.creator] };
}
