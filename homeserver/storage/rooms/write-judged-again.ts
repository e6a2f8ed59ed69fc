import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { StateFrom } from './state-from.ts';
import type { StateSpan } from './write-state.ts';

const setFlags: BatchStatement = {
  name: 'set-event-flags',
  table: 'event',
  columns: { shard: 'smallint', position: 'bigint', flags: 'smallint' },
  text: (rows) => `UPDATE event SET flags = row.flags FROM ${rows}
    WHERE event.shard = row.shard AND event.position = row.position`,
};

/** An event is something else than it was taken for. */
export function setEventFlags(shard: number, position: number, flags: number): Write {
  return { statement: setFlags, row: [shard, position, flags] };
}

const deleteSpans: BatchStatement = {
  name: 'delete-later-state-spans',
  table: 'room_state',
  columns: { room: 'integer', type: 'integer', state_key: 'integer', after: 'bigint' },
  text: (rows) => `DELETE FROM room_state USING ${rows} WHERE room_state.room = row.room
    AND room_state.type = row.type AND room_state.state_key = row.state_key AND room_state.from_position > row.after`,
};

const endSpans: BatchStatement = {
  name: 'end-state-spans',
  table: 'room_state',
  columns: { room: 'integer', type: 'integer', state_key: 'integer', from_position: 'bigint', to_position: 'bigint' },
  text: (rows) => `UPDATE room_state SET to_position = coalesce(row.to_position, 9223372036854775807) FROM ${rows}
    WHERE room_state.room = row.room AND room_state.type = row.type AND room_state.state_key = row.state_key
    AND room_state.from_position = row.from_position`,
};

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
  text: (rows) => `INSERT INTO room_state (shard, room, type, state_key, from_position, to_position, event, membership)
    SELECT row.shard, row.room, row.type, row.state_key, row.from_position,
      coalesce(row.to_position, 9223372036854775807), row.event, row.membership FROM ${rows}`,
};

/** A stretch of a piece of a room's state, with what makes its row. */
export interface RewrittenState extends StateFrom {
  readonly membership: number | null;
}

/**
 * What a piece of state was from a position on is something else. `line`: all of it, oldest first, with what was current
 * at the position (it stays, and only ends elsewhere).
 */
export function rewriteStateAfter(
  span: Omit<StateSpan, 'membership'>,
  position: number,
  line: readonly RewrittenState[],
): Write[] {
  const { shard, room, type, stateKey } = span;
  const writes: Write[] = [{ statement: deleteSpans, row: [room, type, stateKey, position] }];
  for (const [index, { from, event, membership }] of line.entries()) {
    const to = line[index + 1]?.from ?? null;
    writes.push(
      from <= position
        ? { statement: endSpans, row: [room, type, stateKey, from, to] }
        : { statement: insertSpans, row: [shard, room, type, stateKey, from, to, event, membership] },
    );
  }
  return writes;
}

const deleteExtremities: BatchStatement = {
  name: 'delete-rejected-extremities',
  table: 'forward_extremity',
  columns: { room: 'integer', position: 'bigint' },
  text: (rows) => `DELETE FROM forward_extremity USING ${rows}
    WHERE forward_extremity.room = row.room AND forward_extremity.position = row.position`,
};

/** Nothing comes after a rejected event. */
export function deleteExtremity(room: number, position: number): Write {
  return { statement: deleteExtremities, row: [room, position] };
}
