import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { StateSpan } from './write-state.ts';

const insertBeginnings: BatchStatement = {
  name: 'insert-state-beginnings',
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
      coalesce(row.to_position, 9223372036854775807), row.event, row.membership FROM ${rows}
    ON CONFLICT (room, type, state_key, from_position) DO UPDATE SET event = excluded.event,
      membership = excluded.membership`,
};

/**
 * What was current before anything that this server has of the room (`from` is stateFromTheBeginning), up to `to` (null:
 * still is). One that is there already becomes the given event; how far it reaches stays.
 */
export function insertStateBeginning(
  span: StateSpan,
  event: number,
  { from, to }: { readonly from: number; readonly to: number | null },
): Write {
  return {
    statement: insertBeginnings,
    row: [span.shard, span.room, span.type, span.stateKey, from, to, event, span.membership],
  };
}
