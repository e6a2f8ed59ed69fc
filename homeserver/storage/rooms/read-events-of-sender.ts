import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, type StoredEvent, storedEventOf } from './event-row.ts';

/** Nothing is to be taken away from these. */
const without = eventFlags.state | eventFlags.redacted | eventFlags.purged | eventFlags.rejected | eventFlags.outlier;

export interface EventsOfSender {
  readonly events: readonly StoredEvent[];
  /** Go on below this position; undefined: the beginning of the room was reached. */
  readonly before: number | undefined;
}

/**
 * What somebody sent into a room before a position and what still has its content, the newest first, state left out; among
 * the next `looked` events of the room, and at most `limit` of them. Two queries.
 */
export async function readEventsOfSender(
  context: Context,
  room: RoomName,
  { sender, before }: { readonly sender: string; readonly before: number },
  { looked, limit }: { readonly looked: number; readonly limit: number },
): Promise<EventsOfSender> {
  const id = (await findNames(context, [sender])).get(sender);
  if (id === undefined) return { events: [], before: undefined };
  const { database } = context;
  const [end] = await database<{ position: number }[]>`
    SELECT position FROM event WHERE room = ${room.id} AND position < ${before}
    ORDER BY position DESC OFFSET ${looked - 1} LIMIT 1`;
  const from = end?.position ?? Number.MIN_SAFE_INTEGER;
  const rows = await database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e WHERE e.room = $1 AND e.position >= $2 AND e.position < $3
       AND e.sender = $4 AND e.flags & ${without} = 0 ORDER BY e.position DESC LIMIT $5`,
    [room.id, from, before, id, limit],
    { prepare: true },
  );
  const events = rows.map((row) => storedEventOf(row, room));
  return { events, before: events.length === limit ? events.at(-1)?.position : end?.position };
}
