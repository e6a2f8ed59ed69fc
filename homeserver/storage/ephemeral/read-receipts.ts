import type { Context } from '../../platform/context.ts';
import { findNames, nameTexts } from '../names/intern-names.ts';
import { type ReceiptType, receiptTypeCodes, receiptTypeOfCode } from './receipt-types.ts';

export interface StoredReceipt {
  readonly userId: string;
  readonly type: ReceiptType;
  readonly eventId: string;
  /** Absent: not threaded. */
  readonly threadId?: string;
  readonly sentAtMs: number;
}

interface ReceiptRow {
  readonly room: number;
  readonly member: number;
  readonly type: number;
  readonly threadId: string;
  readonly eventId: string;
  readonly sentAtMs: number;
}

/**
 * Receipts of rooms (by number) with log positions above `after`, as `userId` may see them: public ones, and this
 * user's own private ones. At most `mostPerRoom` of each room, the newest. Two queries.
 */
export async function readReceipts(
  context: Context,
  userId: string,
  rooms: readonly { readonly room: number; readonly after: number }[],
  mostPerRoom: number,
): Promise<Map<number, StoredReceipt[]>> {
  const receipts = new Map<number, StoredReceipt[]>();
  if (rooms.length === 0) return receipts;
  const user = (await findNames(context, [userId])).get(userId) ?? 0;
  const rows = await context.database.unsafe<ReceiptRow[]>(
    `SELECT r.room, r.member, r.type, r.thread_id AS "threadId", r.event_id AS "eventId", r.sent_at AS "sentAtMs"
     FROM unnest($2::int[], $3::bigint[]) AS wanted (room, after)
     CROSS JOIN LATERAL (
       SELECT * FROM receipt
       WHERE receipt.room = wanted.room AND receipt.position > wanted.after
         AND (receipt.type = 1 OR receipt.member = $1)
       ORDER BY receipt.position DESC LIMIT $4
     ) r`,
    [user, rooms.map(({ room }) => room), rooms.map(({ after }) => after), mostPerRoom],
    { prepare: true },
  );
  const names = await nameTexts(
    context,
    rows.map((row) => row.member),
  );
  for (const row of rows) {
    const receipt: StoredReceipt = {
      userId: names.get(row.member) ?? '',
      type: receiptTypeOfCode(row.type),
      eventId: row.eventId,
      ...(row.threadId !== '' && { threadId: row.threadId }),
      sentAtMs: row.sentAtMs,
    };
    const known = receipts.get(row.room);
    if (known) known.push(receipt);
    else receipts.set(row.room, [receipt]);
  }
  return receipts;
}

/** Position of the event that a user's receipt points to, or undefined without such a receipt. */
export async function readReceiptPosition(
  context: Context,
  receipt: { readonly room: number; readonly member: number; readonly type: ReceiptType; readonly threadId: string },
): Promise<number | undefined> {
  const rows = await context.database<{ position: number }[]>`
    SELECT event_position AS position FROM receipt
    WHERE room = ${receipt.room} AND member = ${receipt.member} AND type = ${receiptTypeCodes[receipt.type]}
      AND thread_id = ${receipt.threadId}`;
  return rows[0]?.position;
}
