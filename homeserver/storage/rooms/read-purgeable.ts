import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, type StoredEvent, storedEventOf } from './event-row.ts';

/** Below all positions that there are. */
export const beforeTheFirst = Number.MIN_SAFE_INTEGER;
/** Above them. */
export const afterTheLast = Number.MAX_SAFE_INTEGER;

const kept = eventFlags.state | eventFlags.purged;
const maxCounted = 1_000_000;

/** Positions of a room's events: `after` is not one of them, `upTo` is. */
export interface PurgeRange {
  readonly after: number;
  readonly upTo: number;
}

/** Events of a room whose content can be taken away: no state, and not purged yet; the oldest first. */
export async function readPurgeable(
  { database }: Context,
  room: RoomName,
  { after, upTo }: PurgeRange,
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await database.unsafe<EventRow[]>(
    `SELECT ${eventColumns} FROM event e WHERE e.room = $1 AND e.position > $2 AND e.position <= $3
       AND e.flags & ${kept} = 0 ORDER BY e.position LIMIT $4`,
    [room.id, after, upTo, limit],
    { prepare: true },
  );
  return rows.map((row) => storedEventOf(row, room));
}

/** How many there are, a million at most. */
export async function countPurgeable({ database }: Context, room: RoomName, range: PurgeRange): Promise<number> {
  const rows = await database<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT 1 FROM event WHERE room = ${room.id} AND position > ${range.after} AND position <= ${range.upTo}
        AND flags & ${kept} = 0 LIMIT ${maxCounted}) counted`;
  return rows[0]?.count ?? 0;
}
