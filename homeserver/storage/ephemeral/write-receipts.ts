import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { type ReceiptType, receiptTypeCodes } from './receipt-types.ts';

const putReceipts: BatchStatement = {
  name: 'put-receipts',
  table: 'receipt',
  columns: {
    room: 'integer',
    member: 'integer',
    type: 'smallint',
    thread_id: 'text',
    shard: 'smallint',
    position: 'bigint',
    event_id: 'text',
    event_position: 'bigint',
    thread: 'bigint',
    sent_at: 'bigint',
  },
  text: (rows) => `INSERT INTO receipt (room, member, type, thread_id, shard, position, event_id, event_position,
    thread, sent_at) SELECT * FROM ${rows}
    ON CONFLICT (room, member, type, thread_id) DO UPDATE SET position = excluded.position,
    event_id = excluded.event_id, event_position = excluded.event_position, thread = excluded.thread,
    sent_at = excluded.sent_at`,
  rowKey: (row) => row.slice(0, 4).join(' '),
};

export interface NewReceipt {
  readonly room: number;
  readonly member: number;
  readonly type: ReceiptType;
  /** '' for one that is not threaded. */
  readonly threadId: string;
  readonly shard: number;
  readonly position: number;
  readonly eventId: string;
  readonly eventPosition: number;
  /** Position of the root of the thread. */
  readonly thread: number | null;
  readonly sentAtMs: number;
}

/** Replaces the receipt of the same user, type and thread. */
export function putReceipt(receipt: NewReceipt): Write {
  const { room, member, threadId, shard, position, eventId, eventPosition, thread, sentAtMs } = receipt;
  return {
    statement: putReceipts,
    row: [
      room,
      member,
      receiptTypeCodes[receipt.type],
      threadId,
      shard,
      position,
      eventId,
      eventPosition,
      thread,
      sentAtMs,
    ],
  };
}
