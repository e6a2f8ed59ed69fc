import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { hiddenFlags } from './event-row.ts';
import { stateFromTheBeginning } from './read-state.ts';

/** An event that is not here, and the lowest-lying one here that comes right after it. */
export interface BackwardExtremity {
  readonly eventId: string;
  readonly position: number;
}

/** Events of a room that are referred to and not here. Most rooms of this server alone have none. One query. */
export async function readBackwardExtremities(context: Context, room: RoomName): Promise<BackwardExtremity[]> {
  return await context.database<BackwardExtremity[]>`
    SELECT event_id AS "eventId", position FROM backward_extremity WHERE room = ${room.id}
    ORDER BY position DESC LIMIT 1000`;
}

/** A (type, state key) of the state that holds from the beginning of what is here, by numbers of names. */
export interface BeginningRow {
  readonly type: number;
  readonly stateKey: number;
  readonly to: string;
  readonly position: number;
  readonly eventId: string;
  readonly membership: number | null;
}

/** The state before everything that is here of a room. One query. */
export async function readBeginning(context: Context, room: RoomName): Promise<BeginningRow[]> {
  return await context.database.unsafe<BeginningRow[]>(
    `SELECT s.type, s.state_key AS "stateKey", s.to_position::text AS to, s.event AS position,
       e.event_id AS "eventId", s.membership
     FROM room_state s JOIN event e ON e.shard = s.shard AND e.position = s.event
     WHERE s.room = $1 AND s.from_position = $2`,
    [room.id, stateFromTheBeginning],
    { prepare: true },
  );
}

/** Whether the room has events in its timeline with positions below one; filled gaps do not count. One query. */
export async function hasOlderEvents(context: Context, room: RoomName, position: number): Promise<boolean> {
  const rows = await context.database.unsafe(
    `SELECT 1 FROM event e WHERE e.room = $1 AND e.position < $2 AND e.flags & ${hiddenFlags} = 0
       AND NOT EXISTS (
         SELECT FROM timeline_gap g WHERE g.room = $1 AND e.position BETWEEN g.first AND g.last)
     LIMIT 1`,
    [room.id, position],
    { prepare: true },
  );
  return rows.length > 0;
}
