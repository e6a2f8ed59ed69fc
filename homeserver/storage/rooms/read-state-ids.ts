import type { Context } from '../../platform/context.ts';
import { nameTexts } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';

export interface StateIdRow {
  readonly type: string;
  readonly stateKey: string;
  readonly eventId: string;
  readonly position: number;
}

interface NumberedRow {
  readonly type: number;
  readonly stateKey: number;
  readonly eventId: string;
  readonly position: number;
}

/**
 * The state after the event at a position, as ids: the main line's, or that of the event's own fork. One query, and one
 * for names that are not in memory.
 */
export async function readStateIdsAfter(context: Context, room: RoomName, position: number): Promise<StateIdRow[]> {
  const rows = await context.database.unsafe<NumberedRow[]>(
    `WITH place AS (
       SELECT base, state_set, parent_set FROM fork_event WHERE room = $2 AND position = $3
       UNION ALL SELECT $3, NULL, NULL WHERE NOT EXISTS (SELECT FROM fork_event WHERE room = $2 AND position = $3)
     ), state AS (
       SELECT s.type, s.state_key, s.event FROM place JOIN room_state s
         ON s.room = $2 AND s.from_position <= place.base AND s.to_position > place.base
       WHERE NOT EXISTS (
         SELECT FROM fork_state f
         WHERE f.room = $2 AND f.state_set IN (place.state_set, place.parent_set)
           AND f.type = s.type AND f.state_key = s.state_key)
       UNION ALL
       SELECT f.type, f.state_key, f.event FROM place JOIN fork_state f
         ON f.room = $2 AND f.state_set = place.parent_set
       WHERE NOT EXISTS (
         SELECT FROM fork_state o
         WHERE o.room = $2 AND o.state_set = place.state_set AND o.type = f.type AND o.state_key = f.state_key)
       UNION ALL
       SELECT f.type, f.state_key, f.event FROM place JOIN fork_state f
         ON f.room = $2 AND f.state_set = place.state_set
     )
     SELECT state.type, state.state_key AS "stateKey", e.event_id AS "eventId", e.position
     FROM state JOIN event e ON e.shard = $1 AND e.position = state.event`,
    [room.shard, room.id, position],
    { prepare: true },
  );
  const names = await nameTexts(
    context,
    rows.flatMap(({ type, stateKey }) => [type, stateKey]),
  );
  return rows.map(({ type, stateKey, ...event }) => ({
    ...event,
    type: names.get(type) ?? '',
    stateKey: names.get(stateKey) ?? '',
  }));
}
