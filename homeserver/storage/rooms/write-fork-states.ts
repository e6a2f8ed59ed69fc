import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { StoredStatePlace } from './stored-state-place.ts';

const insertForkEvents: BatchStatement = {
  name: 'insert-fork-events',
  table: 'fork_event',
  columns: { room: 'integer', position: 'bigint', base: 'bigint', state_set: 'bigint', parent_set: 'bigint' },
  text: (rows) => `INSERT INTO fork_event (room, position, base, state_set, parent_set) SELECT * FROM ${rows}`,
};

const insertForkStates: BatchStatement = {
  name: 'insert-fork-states',
  table: 'fork_state',
  columns: { room: 'integer', state_set: 'bigint', type: 'integer', state_key: 'integer', event: 'bigint' },
  text: (rows) => `INSERT INTO fork_state (room, state_set, type, state_key, event) SELECT * FROM ${rows}`,
};

/** Where the state after the event at `position` is. */
export function insertForkEvent(room: number, position: number, place: StoredStatePlace): Write {
  return { statement: insertForkEvents, row: [room, position, place.base, place.stateSet, place.parentSet] };
}

/** One difference of a set; `event` null: no such state. */
export function insertForkState(row: {
  readonly room: number;
  readonly stateSet: number;
  readonly type: number;
  readonly stateKey: number;
  readonly event: number | null;
}): Write {
  return { statement: insertForkStates, row: [row.room, row.stateSet, row.type, row.stateKey, row.event] };
}
