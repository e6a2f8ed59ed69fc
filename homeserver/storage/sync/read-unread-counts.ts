import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import { parsePositions, snapshotPositions } from './shard-positions.ts';

/** Bits of notification.flags. */
export const notificationFlags = { notifies: 1, highlights: 2, counted: 4 } as const;

export interface Unread {
  readonly notifications: number;
  readonly highlights: number;
}

/** What a member has not read of a room. */
export interface UnreadCounts {
  /** Positions by shard up to which everything is counted. */
  readonly positions: readonly number[];
  readonly main: Unread;
  /** By the event id of the thread's root; threads without any are absent. */
  readonly threads: ReadonlyMap<string, Unread>;
}

interface UnreadRow {
  readonly positions: string;
  readonly room: number;
  readonly main: number;
  readonly mainHighlights: number;
  readonly thread: number | null;
  readonly threadRoot: string | null;
  readonly threadCount: number;
  readonly threadHighlights: number;
}

/** An own message farther back than so many events is not looked for: what is unread is a large number either way. */
const ownMessageSearch = 5_000;
/** Threads are looked for in so many of a room's newest thread events. */
const threadSearch = 5_000;

/**
 * Counts that follow from the running numbers in `event` and the member's read markers: what is behind the farthest of
 * the receipts, the member's own last message, and the join. With push rules that are not the predefined ones only rows of
 * `notification` count, from the positions of `ownRulesFrom` (by shard; none: always) on. Two queries for any number of
 * rooms.
 */
export async function readUnreadCounts(
  context: Context,
  userId: string,
  rooms: readonly number[],
  ownRulesFrom?: readonly number[],
): Promise<Map<number, UnreadCounts>> {
  const counts = new Map<number, UnreadCounts>();
  if (rooms.length === 0) return counts;
  const user = (await findNames(context, [userId])).get(userId) ?? 0;
  const rows = await context.database.unsafe<UnreadRow[]>(
    unreadQuery,
    [rooms as number[], user, ownRulesFrom !== undefined, (ownRulesFrom ?? []) as number[]],
    {
      prepare: true,
    },
  );
  for (const row of rows) {
    const known = counts.get(row.room);
    const threads = (known?.threads ?? new Map()) as Map<string, Unread>;
    if (row.threadRoot !== null && (row.threadCount > 0 || row.threadHighlights > 0)) {
      threads.set(row.threadRoot, { notifications: row.threadCount, highlights: row.threadHighlights });
    }
    if (known) continue;
    counts.set(row.room, {
      positions: parsePositions(row.positions),
      main: { notifications: row.main, highlights: row.mainHighlights },
      threads,
    });
  }
  return counts;
}

/** Of a room or thread: newest running number up to a position (all there are: a bigint's end). */
const ordinalAt = (thread: string, upTo: string) => `coalesce((SELECT e.notify_ordinal FROM event e
  WHERE e.room = wanted.room AND e.thread ${thread} AND e.position <= ${upTo}
  ORDER BY e.position DESC LIMIT 1), 0)`;

const ownMessageAfter = (thread: string, marker: string) => `coalesce((SELECT max(recent.position) FROM (
    SELECT e.position, e.sender, e.type FROM event e
    WHERE e.room = wanted.room AND e.thread ${thread} AND e.position > ${marker}
    ORDER BY e.position DESC LIMIT ${ownMessageSearch}) recent
  WHERE recent.sender = $2 AND recent.type <> 1), 0)`;

/** Rows that add to the running numbers, or that are all that counts once one has rules of one's own. */
const noticesAfter = (thread: string, marker: string) => `(SELECT
    count(*) FILTER (WHERE n.flags & 1 <> 0 AND (n.position > rules.own_from OR n.flags & 4 = 0))::int AS extra,
    count(*) FILTER (WHERE n.flags & 2 <> 0)::int + (SELECT count(*)::int FROM event e
      WHERE e.room = wanted.room AND e.flags & 32 <> 0 AND e.thread ${thread} AND e.position > ${marker}
        AND e.position <= rules.own_from
        AND NOT EXISTS (SELECT 1 FROM notification told
          WHERE told.room = e.room AND told.member = $2 AND told.position = e.position)) AS highlights
  FROM notification n
  WHERE n.room = wanted.room AND n.member = $2 AND n.thread ${thread} AND n.position > ${marker})`;

const readUpTo = (threads: string) => `coalesce((SELECT max(r.event_position) FROM receipt r
  WHERE r.room = wanted.room AND r.member = $2 AND r.thread_id ${threads}), 0)`;

const endOfTime = '9223372036854775807';

const unreadQuery = `
  SELECT ${snapshotPositions} AS positions, wanted.room,
    main_notices.extra + greatest(0, newest.ordinal - read.ordinal) AS main,
    main_notices.highlights AS "mainHighlights",
    thread.thread, thread.root AS "threadRoot",
    coalesce(thread.notifications, 0) AS "threadCount", coalesce(thread.highlights, 0) AS "threadHighlights"
  FROM unnest($1::int[]) AS wanted (room)
  JOIN room ON room.id = wanted.room
  -- Up to there the running numbers count, and behind it rows alone.
  CROSS JOIN LATERAL (
    SELECT CASE WHEN $3 THEN coalesce(($4::bigint[])[room.shard + 1], 0) ELSE ${endOfTime} END AS own_from
  ) rules
  -- When the member joined: where the last membership before today's unbroken one ended.
  CROSS JOIN LATERAL (
    SELECT coalesce(max(s.to_position) FILTER (WHERE s.membership <> 1), min(s.from_position), 0) AS joined
    FROM room_state s WHERE s.room = wanted.room AND s.type = 1 AND s.state_key = $2
  ) span
  CROSS JOIN LATERAL (
    SELECT greatest(span.joined, ${readUpTo("= ''")}) AS everywhere,
      greatest(span.joined, ${readUpTo("IN ('', 'main')")}) AS main
  ) receipts
  CROSS JOIN LATERAL (SELECT ${ordinalAt('IS NULL', 'rules.own_from')} AS ordinal) newest
  CROSS JOIN LATERAL (
    SELECT CASE WHEN ${ordinalAt('IS NULL', 'receipts.main')} = newest.ordinal AND NOT $3 THEN receipts.main
      ELSE greatest(receipts.main, ${ownMessageAfter('IS NULL', 'receipts.main')}) END AS position
  ) marker
  CROSS JOIN LATERAL (SELECT ${ordinalAt('IS NULL', 'marker.position')} AS ordinal) read
  CROSS JOIN LATERAL ${noticesAfter('IS NULL', 'marker.position')} main_notices
  LEFT JOIN LATERAL (
    SELECT active.thread, root.event_id AS root,
      notices.extra + greatest(0, ${ordinalAt('= active.thread', 'rules.own_from')}
        - ${ordinalAt('= active.thread', 'thread_marker.position')}) AS notifications,
      notices.highlights
    FROM (
      SELECT DISTINCT recent.thread FROM (
        SELECT e.thread FROM event e
        WHERE e.room = wanted.room AND e.thread IS NOT NULL AND e.position > receipts.everywhere
        ORDER BY e.position DESC LIMIT ${threadSearch}) recent
    ) active
    JOIN event root ON root.shard = room.shard AND root.position = active.thread
    CROSS JOIN LATERAL (
      SELECT greatest(receipts.everywhere, ${readUpTo('= root.event_id')}) AS position
    ) thread_receipt
    CROSS JOIN LATERAL (
      SELECT greatest(thread_receipt.position, ${ownMessageAfter('= active.thread', 'thread_receipt.position')}) AS position
    ) thread_marker
    CROSS JOIN LATERAL ${noticesAfter('= active.thread', 'thread_marker.position')} notices
  ) thread ON true`;
