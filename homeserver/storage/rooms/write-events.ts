import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { packEvent } from './pack-event.ts';
import { eventIdHash } from './text-hash.ts';

export const insertEvents: BatchStatement = {
  name: 'insert-events',
  table: 'event',
  columns: {
    shard: 'smallint',
    position: 'bigint',
    room: 'integer',
    sender: 'integer',
    type: 'integer',
    event_id_hash: 'bigint',
    transaction_hash: 'bigint',
    notify_ordinal: 'integer',
    flags: 'smallint',
    thread: 'bigint',
    event_id: 'text',
    transaction: 'text',
    body: 'bytea',
    auth: 'text',
  },
  text: (rows) => `INSERT INTO event (shard, position, room, sender, type, event_id_hash, transaction_hash,
    notify_ordinal, flags, thread, event_id, transaction, body, auth)
    SELECT row.shard, row.position, row.room, row.sender, row.type, row.event_id_hash, row.transaction_hash,
    row.notify_ordinal, row.flags, row.thread, row.event_id, row.transaction, row.body, row.auth::bigint[] FROM ${rows}`,
};

export interface NewEventRow {
  readonly shard: number;
  readonly position: number;
  readonly room: number;
  readonly sender: number;
  readonly type: number;
  readonly eventId: string;
  readonly transactionHash: number | null;
  readonly transaction: string | null;
  readonly notifyOrdinal: number;
  readonly flags: number;
  readonly thread: number | null;
  /** The PDU's JSON; `unsigned` holds what StoredUnsigned names. */
  readonly pduJson: string;
  /** Of state events: positions of their auth events. */
  readonly auth: readonly number[] | null;
}

export function insertEvent(row: NewEventRow): Write {
  return {
    statement: insertEvents,
    row: [
      row.shard,
      row.position,
      row.room,
      row.sender,
      row.type,
      eventIdHash(row.eventId),
      row.transactionHash,
      row.notifyOrdinal,
      row.flags,
      row.thread,
      row.eventId,
      row.transaction,
      packEvent(row.pduJson),
      row.auth && `{${row.auth.join(',')}}`,
    ],
  };
}

const rewriteEvents: BatchStatement = {
  name: 'rewrite-events',
  table: 'event',
  columns: { shard: 'smallint', position: 'bigint', flags: 'smallint', body: 'bytea' },
  text: (rows) => `UPDATE event SET body = row.body, flags = event.flags | row.flags FROM ${rows}
    WHERE event.shard = row.shard AND event.position = row.position`,
  rowKey: (row) => String(row[1]),
};

/** Replaces the body of an event, after a redaction. `flags` are added. */
export function rewriteEvent(shard: number, position: number, flags: number, pduJson: string): Write {
  return { statement: rewriteEvents, row: [shard, position, flags, packEvent(pduJson)] };
}
