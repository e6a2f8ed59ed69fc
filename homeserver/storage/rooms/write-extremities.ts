import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const columns = { room: 'integer', position: 'bigint' } as const;

const deleteForwardExtremities: BatchStatement = {
  name: 'delete-forward-extremities',
  table: 'forward_extremity',
  columns,
  text: (rows) => `DELETE FROM forward_extremity USING ${rows}
    WHERE forward_extremity.room = row.room AND forward_extremity.position = row.position`,
};

const insertForwardExtremities: BatchStatement = {
  name: 'insert-forward-extremities',
  table: 'forward_extremity',
  columns,
  text: (rows) => `INSERT INTO forward_extremity (room, position) SELECT * FROM ${rows}`,
  // What is no extremity any more never becomes one again.
  commutesWith: [deleteForwardExtremities],
};

/** The rows that a change of the room's extremities (positions; see forward_extremity) takes. */
export function changeForwardExtremities(room: number, before: readonly number[], after: readonly number[]): Write[] {
  const [old, fresh] = [rowsOf(before), rowsOf(after)];
  return [
    ...fresh
      .filter((position) => !old.includes(position))
      .map((position) => ({ statement: insertForwardExtremities, row: [room, position] })),
    ...old
      .filter((position) => !fresh.includes(position))
      .map((position) => ({ statement: deleteForwardExtremities, row: [room, position] })),
  ];
}

/** A single one is the newest accepted event, which needs no row. */
function rowsOf(positions: readonly number[]): readonly number[] {
  return positions.length > 1 ? positions : [];
}

const insertBackwardExtremities: BatchStatement = {
  name: 'insert-backward-extremities',
  table: 'backward_extremity',
  columns: { room: 'integer', event_id: 'text', position: 'bigint' },
  text: (rows) => `INSERT INTO backward_extremity (room, event_id, position) SELECT * FROM ${rows}
    ON CONFLICT (room, event_id) DO UPDATE SET position = least(backward_extremity.position, excluded.position)`,
  rowKey: (row) => row.slice(0, 2).join(' '),
};

const deleteBackwardExtremities: BatchStatement = {
  name: 'delete-backward-extremities',
  table: 'backward_extremity',
  columns: { room: 'integer', event_id: 'text' },
  text: (rows) => `DELETE FROM backward_extremity USING ${rows}
    WHERE backward_extremity.room = row.room AND backward_extremity.event_id = row.event_id`,
};

/** The event at `position` comes right after one that is not here. */
export function addBackwardExtremity(room: number, eventId: string, position: number): Write {
  return { statement: insertBackwardExtremities, row: [room, eventId, position] };
}

/** The event is here now. */
export function removeBackwardExtremity(room: number, eventId: string): Write {
  return { statement: deleteBackwardExtremities, row: [room, eventId] };
}
