import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { eventFlags } from '../rooms/event-row.ts';
import { unpackEvent } from '../rooms/pack-event.ts';
import { eventIdHash } from '../rooms/text-hash.ts';

/** A verified event that waits for events that it refers to. */
export interface WaitingEvent {
  readonly eventId: string;
  /** The server that sent it. */
  readonly origin: string;
  readonly pduJson: string;
  /** This server asked for it; others were sent by themselves. */
  readonly isFetched: boolean;
  /** For how long it has waited, by the database's clock. */
  readonly waitedMs: number;
}

/** Events of a room that wait, the lowest of the room's graph first, at most `limit`. */
export async function readWaitingEvents(context: Context, room: RoomName, limit: number): Promise<WaitingEvent[]> {
  const rows = await context.database.unsafe<(Omit<WaitingEvent, 'pduJson'> & { body: Uint8Array })[]>(
    `SELECT event_id AS "eventId", origin, body, fetched AS "isFetched",
       extract(epoch FROM clock_timestamp() - received_at)::float8 * 1000 AS "waitedMs"
     FROM received_pdu WHERE room = $1 ORDER BY depth, event_id LIMIT $2`,
    [room.id, limit],
    { prepare: true },
  );
  return rows.map(({ body, ...row }) => ({ ...row, pduJson: unpackEvent(body) }));
}

/** What is known of an event: its place in the history, too, or only what it says; or that it was rejected. */
export type KnownAs = 'placed' | 'outlier' | 'rejected-outlier';

/** Which of these events are stored, however they were judged. One query. */
export async function readKnownEvents(context: Context, eventIds: readonly string[]): Promise<Map<string, KnownAs>> {
  if (eventIds.length === 0) return new Map();
  const wanted = new Set(eventIds);
  const rows = await context.database.unsafe<{ eventId: string; isPlaced: boolean; isRejected: boolean }[]>(
    `SELECT event_id AS "eventId", flags & ${eventFlags.outlier} = 0 AS "isPlaced",
       flags & ${eventFlags.rejected} <> 0 AS "isRejected" FROM event
     WHERE event_id_hash = ANY($1::bigint[])`,
    [[...wanted].map(eventIdHash)],
    { prepare: true },
  );
  const known = new Map<string, KnownAs>();
  for (const { eventId, isPlaced, isRejected } of rows) {
    if (!wanted.has(eventId) || known.get(eventId) === 'placed') continue;
    known.set(eventId, isPlaced ? 'placed' : isRejected ? 'rejected-outlier' : 'outlier');
  }
  return known;
}

/** Event ids of a room's forward extremities, the newest first, at most `limit`. */
export async function readExtremityIds(context: Context, room: RoomName, limit: number): Promise<string[]> {
  const rows = await context.database.unsafe<{ eventId: string }[]>(
    `WITH newest AS (
       SELECT position FROM event WHERE room = $1 AND position > 0 ORDER BY position DESC LIMIT 1
     ), extremity AS (
       SELECT position FROM forward_extremity WHERE room = $1 UNION SELECT position FROM newest
     )
     SELECT e.event_id AS "eventId" FROM extremity x JOIN event e ON e.shard = $2 AND e.position = x.position
     ORDER BY e.position DESC LIMIT $3`,
    [room.id, room.shard, limit],
    { prepare: true },
  );
  return rows.map(({ eventId }) => eventId);
}
