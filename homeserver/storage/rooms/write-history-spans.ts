import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { StateSpan } from './write-state.ts';

const moveSpans: BatchStatement = {
  name: 'move-state-span-starts',
  table: 'room_state',
  columns: {
    room: 'integer',
    type: 'integer',
    state_key: 'integer',
    from_position: 'bigint',
    new_from_position: 'bigint',
  },
  text: (rows) => `UPDATE room_state SET from_position = row.new_from_position FROM ${rows}
    WHERE room_state.room = row.room AND room_state.type = row.type AND room_state.state_key = row.state_key
    AND room_state.from_position = row.from_position`,
};

/** A span begins later than it was known to: what held before is known now. */
export function moveStateSpanStart(
  span: Pick<StateSpan, 'room' | 'type' | 'stateKey'>,
  fromPosition: number,
  newFromPosition: number,
): Write {
  return { statement: moveSpans, row: [span.room, span.type, span.stateKey, fromPosition, newFromPosition] };
}

const insertSpans: BatchStatement = {
  name: 'insert-state-spans',
  table: 'room_state',
  columns: {
    shard: 'smallint',
    room: 'integer',
    type: 'integer',
    state_key: 'integer',
    from_position: 'bigint',
    to_position: 'bigint',
    event: 'bigint',
    membership: 'smallint',
  },
  text: (rows) => `INSERT INTO room_state
    (shard, room, type, state_key, from_position, to_position, event, membership) SELECT * FROM ${rows}`,
};

/** A span that is over: it held from a position up to, not including, another one. */
export function insertPastSpan(span: StateSpan, fromPosition: number, toPosition: number, event: number): Write {
  const { shard, room, type, stateKey, membership } = span;
  return {
    statement: insertSpans,
    row: [shard, room, type, stateKey, fromPosition, toPosition, event, membership],
  };
}

const insertGaps: BatchStatement = {
  name: 'insert-timeline-gaps',
  table: 'timeline_gap',
  columns: { room: 'integer', before_position: 'bigint', first: 'bigint', last: 'bigint' },
  text: (rows) => `INSERT INTO timeline_gap (room, before_position, first, last) SELECT * FROM ${rows}`,
};

/** The events at these positions stand right before the event at `before`; `first` has none. */
export function insertTimelineGap(room: number, gap: { before: number; first: number; last: number }): Write {
  return { statement: insertGaps, row: [room, gap.before, gap.first, gap.last] };
}
