import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { MissingStateEvent } from './missing-state-event.ts';

const insertMissing: BatchStatement = {
  name: 'insert-missing-state',
  table: 'missing_state_event',
  columns: { room: 'integer', event_id: 'text', is_state: 'boolean' },
  text: (rows) => `INSERT INTO missing_state_event (room, event_id, is_state) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
  rowKey: (row) => row.slice(0, 2).join(' '),
};

const deleteMissing: BatchStatement = {
  name: 'delete-missing-state',
  table: 'missing_state_event',
  columns: { room: 'integer', event_id: 'text' },
  text: (rows) => `DELETE FROM missing_state_event USING ${rows}
    WHERE missing_state_event.room = row.room AND missing_state_event.event_id = row.event_id`,
};

/** It could not be had so far. */
export function insertMissingState(room: number, { eventId, isState }: MissingStateEvent): Write {
  return { statement: insertMissing, row: [room, eventId, isState] };
}

/** It is here, or will never be had. */
export function deleteMissingState(room: number, eventId: string): Write {
  return { statement: deleteMissing, row: [room, eventId] };
}
