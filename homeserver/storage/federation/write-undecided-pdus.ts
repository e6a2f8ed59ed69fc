import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { packEvent } from '../rooms/pack-event.ts';

const insertUndecided: BatchStatement = {
  name: 'insert-undecided-pdus',
  table: 'undecided_pdu',
  columns: { shard: 'smallint', room: 'integer', identity: 'text', origin: 'text', body: 'bytea' },
  text: (rows) => `INSERT INTO undecided_pdu (shard, room, identity, origin, body) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
  rowKey: (row) => row.slice(1, 3).join(' '),
};

const deleteUndecided: BatchStatement = {
  name: 'delete-undecided-pdus',
  table: 'undecided_pdu',
  columns: { room: 'integer', identity: 'text' },
  text: (rows) => `DELETE FROM undecided_pdu t USING ${rows} WHERE t.room = row.room AND t.identity = row.identity`,
};

/** Keeps an event as it came. */
export function insertUndecidedPdu(row: {
  readonly shard: number;
  readonly room: number;
  readonly identity: string;
  readonly origin: string;
  /** JSON of an object. */
  readonly text: string;
}): Write {
  const { shard, room, identity, origin, text } = row;
  return { statement: insertUndecided, row: [shard, room, identity, origin, packEvent(text.trim())] };
}

/** It is known what becomes of it. */
export function deleteUndecidedPdu(room: number, identity: string): Write {
  return { statement: deleteUndecided, row: [room, identity] };
}
