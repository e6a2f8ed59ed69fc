import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const startJoins: BatchStatement = {
  name: 'start-joins',
  table: 'join_in_progress',
  columns: { room: 'integer' },
  text: (rows) => `INSERT INTO join_in_progress (room) SELECT * FROM ${rows}
    ON CONFLICT (room) DO UPDATE SET started_at = clock_timestamp()`,
  rowKey: (row) => String(row[0]),
};

const endJoins: BatchStatement = {
  name: 'end-joins',
  table: 'join_in_progress',
  columns: { room: 'integer' },
  text: (rows) => `DELETE FROM join_in_progress USING ${rows} WHERE join_in_progress.room = row.room`,
};

/** A local user's join of the room is on its way to another server. */
export function startJoin(room: number): Write {
  return { statement: startJoins, row: [room] };
}

/** It was stored, or failed. */
export function endJoin(room: number): Write {
  return { statement: endJoins, row: [room] };
}
