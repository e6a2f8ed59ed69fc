import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { eventFlags } from './event-row.ts';
import { eventIdHash } from './text-hash.ts';

export interface ChainRow {
  readonly eventId: string;
  readonly position: number;
  /** It was asked for, and is in the chain of none of the others. */
  readonly isStart: boolean;
  /** Its auth events were followed; otherwise only its body tells them. */
  readonly hasAuth: boolean;
}

/** State events by their positions, and all that can be reached from them by positions of auth events. One query. */
export async function readAuthClosure(
  context: Context,
  room: RoomName,
  positions: readonly number[],
): Promise<ChainRow[]> {
  return await context.database.unsafe<ChainRow[]>(
    `WITH RECURSIVE chain (position) AS (
       SELECT unnest(e.auth) FROM event e WHERE e.shard = $1 AND e.position = ANY($2::bigint[])
       UNION
       SELECT unnest(e.auth) FROM chain JOIN event e ON e.shard = $1 AND e.position = chain.position
     )
     SELECT e.event_id AS "eventId", e.position, false AS "isStart", e.auth IS NOT NULL AS "hasAuth"
     FROM chain JOIN event e ON e.shard = $1 AND e.position = chain.position
     UNION ALL
     SELECT e.event_id, e.position, true, e.auth IS NOT NULL FROM event e
     WHERE e.shard = $1 AND e.position = ANY($2::bigint[])
       AND NOT EXISTS (SELECT FROM chain WHERE chain.position = e.position)`,
    [room.shard, positions as number[]],
    { prepare: true },
  );
}

/** Where events of a room are by their ids, in the timeline where they have a place there. Rejected ones are left out. */
export async function readEventPlaces(
  context: Context,
  room: RoomName,
  eventIds: readonly string[],
): Promise<{ eventId: string; position: number; flags: number }[]> {
  if (eventIds.length === 0) return [];
  const wanted = new Set(eventIds);
  const rows = await context.database.unsafe<{ eventId: string; position: number; flags: number }[]>(
    `SELECT e.event_id AS "eventId", e.position, e.flags FROM event e
     WHERE e.event_id_hash = ANY($1::bigint[]) AND e.room = $2 AND e.flags & ${eventFlags.rejected} = 0
     ORDER BY e.flags & ${eventFlags.outlier} DESC`,
    [[...wanted].map(eventIdHash), room.id],
    { prepare: true },
  );
  return [...new Map(rows.filter(({ eventId }) => wanted.has(eventId)).map((row) => [row.eventId, row])).values()];
}
