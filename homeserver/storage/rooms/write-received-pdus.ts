import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { packEvent } from './pack-event.ts';

const insertReceivedPdus: BatchStatement = {
  name: 'insert-received-pdus',
  table: 'received_pdu',
  columns: {
    shard: 'smallint',
    room: 'integer',
    event_id: 'text',
    origin: 'text',
    depth: 'double precision',
    body: 'bytea',
    fetched: 'boolean',
  },
  text: (rows) => `INSERT INTO received_pdu (shard, room, event_id, origin, depth, body, fetched) SELECT * FROM ${rows}
    ON CONFLICT DO NOTHING`,
  rowKey: (row) => row.slice(1, 3).join(' '),
};

const deleteReceivedPdus: BatchStatement = {
  name: 'delete-received-pdus',
  table: 'received_pdu',
  columns: { room: 'integer', event_id: 'text' },
  text: (rows) => `DELETE FROM received_pdu USING ${rows}
    WHERE received_pdu.room = row.room AND received_pdu.event_id = row.event_id`,
};

/** A verified event that waits for others. */
export function insertReceivedPdu(row: {
  readonly shard: number;
  readonly room: number;
  readonly eventId: string;
  readonly origin: string;
  readonly depth: number;
  readonly pduJson: string;
  /** This server asked for it. */
  readonly isFetched: boolean;
}): Write {
  const { shard, room, eventId, origin, depth, pduJson, isFetched } = row;
  return { statement: insertReceivedPdus, row: [shard, room, eventId, origin, depth, packEvent(pduJson), isFetched] };
}

/** It waits no longer. */
export function deleteReceivedPdu(room: number, eventId: string): Write {
  return { statement: deleteReceivedPdus, row: [room, eventId] };
}
