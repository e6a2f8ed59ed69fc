import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const insertForkEvents: BatchStatement = {
  name: 'insert-fork-events',
  table: 'fork_event',
  columns: { room: 'integer', position: 'bigint', base: 'bigint', state_set: 'bigint' },
  text: (rows) => `INSERT INTO fork_event (room, position, base, state_set) SELECT * FROM ${rows}`,
};

const insertForkStates: BatchStatement = {
  name: 'insert-fork-states',
  table: 'fork_state',
  columns: { room: 'integer', state_set: 'bigint', type: 'integer', state_key: 'integer', event: 'bigint' },
  text: (rows) => `INSERT INTO fork_state (room, state_set, type, state_key, event) SELECT * FROM ${rows}`,
};

/** After the event at `position` the state is the one at `base` with the differences of a set; null: without any. */
export function insertForkEvent(room: number, position: number, base: number, stateSet: number | null): Write {
  return { statement: insertForkEvents, row: [room, position, base, stateSet] };
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
