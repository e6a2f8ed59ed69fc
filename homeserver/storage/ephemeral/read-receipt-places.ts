import type { Context } from '../../platform/context.ts';
import { eventIdHash } from '../rooms/text-hash.ts';
import { type ReceiptType, receiptTypeCodes } from './receipt-types.ts';

export interface EventPlace {
  /** Number of its room. */
  readonly room: number;
  readonly position: number;
}

/** Where events are, by event id; those that are not stored are left out. One query. */
export async function readEventPlaces(context: Context, eventIds: readonly string[]): Promise<Map<string, EventPlace>> {
  const wanted = new Set(eventIds);
  const rows = await context.database.unsafe<(EventPlace & { eventId: string })[]>(
    `SELECT event_id AS "eventId", room, position FROM event WHERE event_id_hash = ANY($1::bigint[])
     ORDER BY position`,
    [[...wanted].map(eventIdHash)],
    { prepare: true },
  );
  return new Map(rows.filter(({ eventId }) => wanted.has(eventId)).map((row) => [row.eventId, row]));
}

/** When receipts of members (by number) of a room were sent, in milliseconds since 1970; keyed `member threadId`. */
export async function readReceiptTimes(
  context: Context,
  room: number,
  members: Iterable<number>,
  type: ReceiptType,
): Promise<Map<string, number>> {
  const rows = await context.database<{ member: number; threadId: string; sentAtMs: number }[]>`
    SELECT member, thread_id AS "threadId", sent_at AS "sentAtMs" FROM receipt
    WHERE room = ${room} AND member = ANY(${[...members]}::int[]) AND type = ${receiptTypeCodes[type]}`;
  return new Map(rows.map((row) => [`${row.member} ${row.threadId}`, row.sentAtMs]));
}

/** Those of the users who are joined to a room (its number). One query. */
export async function readJoinedMembers(
  context: Context,
  room: number,
  userIds: readonly string[],
): Promise<Set<string>> {
  const rows = await context.database<{ userId: string }[]>`
    SELECT n.text AS "userId" FROM name n JOIN room_state s ON s.state_key = n.id
    WHERE n.text = ANY(${userIds as string[]}::text[]) AND s.room = ${room} AND s.type = 1 AND s.membership = 1
      AND s.to_position = 9223372036854775807`;
  return new Set(rows.map((row) => row.userId));
}

/** Those of the users of whom the room knows that they are no joined members. */
export async function readFormerMembers(
  context: Context,
  room: number,
  userIds: readonly string[],
): Promise<Set<string>> {
  const rows = await context.database<{ userId: string }[]>`
    SELECT n.text AS "userId" FROM name n JOIN room_state s ON s.state_key = n.id
    WHERE n.text = ANY(${userIds as string[]}::text[]) AND s.room = ${room} AND s.type = 1
      AND s.membership IS DISTINCT FROM 1 AND s.to_position = 9223372036854775807`;
  return new Set(rows.map((row) => row.userId));
}
