import type { Context } from '../../platform/context.ts';
import { nameTexts } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { currentPosition } from './read-state.ts';
import type { StoredStatePlace } from './stored-state-place.ts';

/** The places of the states after events (by position) of a room. One query. */
export async function readStatePlaces(
  context: Context,
  room: RoomName,
  positions: readonly number[],
): Promise<Map<number, StoredStatePlace>> {
  const places = new Map<number, StoredStatePlace>(
    positions.map((position) => [position, { base: position, stateSet: null, parentSet: null }]),
  );
  if (positions.length === 0) return places;
  const rows = await context.database.unsafe<(StoredStatePlace & { readonly position: number })[]>(
    `SELECT position, base, state_set AS "stateSet", parent_set AS "parentSet" FROM fork_event
     WHERE room = $1 AND position = ANY($2::bigint[])`,
    [room.id, positions as number[]],
    { prepare: true },
  );
  for (const { position, ...place } of rows) places.set(position, place);
  return places;
}

/** What a state has for a (type, state key), beside what the room's current state has for it. */
export interface StoredDifference {
  readonly type: string;
  readonly stateKey: string;
  /** Undefined: none. */
  readonly event: { readonly eventId: string; readonly position: number } | undefined;
  readonly currentEventId: string | undefined;
}

interface DifferenceRow {
  /** A base, or a state set. */
  readonly of: number;
  readonly type: number;
  readonly stateKey: number;
  readonly position: number | null;
  readonly eventId: string | null;
  readonly currentEventId: string | null;
}

const withCurrent = `
  LEFT JOIN LATERAL (
    SELECT e.event_id FROM room_state c JOIN event e ON e.shard = c.shard AND e.position = c.event
    WHERE c.room = $1 AND c.type = changed.type AND c.state_key = changed.state_key
      AND c.to_position = ${currentPosition}
  ) present ON true`;

/** What room_state had at positions, of all that changed since. By position; one query, and one for names. */
export async function readDifferencesSince(
  context: Context,
  room: RoomName,
  bases: readonly number[],
): Promise<Map<number, StoredDifference[]>> {
  if (bases.length === 0) return new Map();
  const rows = await context.database.unsafe<DifferenceRow[]>(
    `SELECT wanted.base AS of, changed.type, changed.state_key AS "stateKey", past.event AS position,
       past.event_id AS "eventId", present.event_id AS "currentEventId"
     FROM unnest($2::bigint[]) AS wanted (base)
     CROSS JOIN LATERAL (
       SELECT DISTINCT s.type, s.state_key FROM room_state s WHERE s.room = $1 AND s.from_position > wanted.base
     ) changed
     LEFT JOIN LATERAL (
       SELECT o.event, e.event_id FROM room_state o JOIN event e ON e.shard = o.shard AND e.position = o.event
       WHERE o.room = $1 AND o.type = changed.type AND o.state_key = changed.state_key
         AND o.from_position <= wanted.base AND o.to_position > wanted.base
     ) past ON true
     ${withCurrent}`,
    [room.id, [...new Set(bases)]],
    { prepare: true },
  );
  return await groupDifferences(context, rows);
}

/** The differences of state sets. By set; one query, and one for names. */
export async function readStateSets(
  context: Context,
  room: RoomName,
  stateSets: readonly number[],
): Promise<Map<number, StoredDifference[]>> {
  if (stateSets.length === 0) return new Map();
  const rows = await context.database.unsafe<DifferenceRow[]>(
    `SELECT changed.state_set AS of, changed.type, changed.state_key AS "stateKey", changed.event AS position,
       e.event_id AS "eventId", present.event_id AS "currentEventId"
     FROM fork_state changed
     LEFT JOIN event e ON e.shard = $3 AND e.position = changed.event
     ${withCurrent}
     WHERE changed.room = $1 AND changed.state_set = ANY($2::bigint[])`,
    [room.id, [...new Set(stateSets)], room.shard],
    { prepare: true },
  );
  return await groupDifferences(context, rows);
}

async function groupDifferences(
  context: Context,
  rows: readonly DifferenceRow[],
): Promise<Map<number, StoredDifference[]>> {
  const names = await nameTexts(
    context,
    rows.flatMap(({ type, stateKey }) => [type, stateKey]),
  );
  const groups = new Map<number, StoredDifference[]>();
  for (const { of, type, stateKey, position, eventId, currentEventId } of rows) {
    const difference: StoredDifference = {
      type: names.get(type) ?? '',
      stateKey: names.get(stateKey) ?? '',
      event: position !== null && eventId !== null ? { eventId, position } : undefined,
      currentEventId: currentEventId ?? undefined,
    };
    const group = groups.get(of);
    if (group) group.push(difference);
    else groups.set(of, [difference]);
  }
  return groups;
}
