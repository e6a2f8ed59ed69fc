import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, hiddenFlags, type StoredEvent, storedEventOf } from './event-row.ts';
import type { StateFrom } from './state-from.ts';

/** An event that came while most members of its room were not known. */
export interface PartialEvent {
  readonly event: StoredEvent;
  /** The state before it is the room's after this position, but for forks. */
  readonly after: number;
  /** What it came after is not the main line, or not at its end. */
  readonly isOnFork: boolean;
}

/** Events of a room's timeline above a position, oldest first, at most `limit`. One query. */
export async function readAcceptedSince(
  context: Context,
  room: RoomName,
  after: number,
  limit: number,
): Promise<PartialEvent[]> {
  const rows = await context.database.unsafe<(EventRow & { readonly isOnFork: boolean })[]>(
    `SELECT ${eventColumns}, EXISTS (
       SELECT FROM fork_event f WHERE f.room = e.room AND f.position = e.position) AS "isOnFork"
     FROM event e WHERE e.room = $1 AND e.position > $2 AND e.flags & ${hiddenFlags} = 0
     ORDER BY e.position LIMIT $3`,
    [room.id, after, limit],
    { prepare: true },
  );
  return rows.map(({ isOnFork, ...row }) => ({ event: storedEventOf(row, room), after: row.position - 1, isOnFork }));
}

/** Rejected events of a room that were stored below a position, in the order of the state before them. One query. */
export async function readRejectedSince(
  context: Context,
  room: RoomName,
  below: number,
  limit: number,
): Promise<PartialEvent[]> {
  const rows = await context.database.unsafe<(EventRow & { readonly base: number; readonly isOnFork: boolean })[]>(
    `SELECT ${eventColumns}, f.base, f.state_set IS NOT NULL AS "isOnFork"
     FROM event e JOIN fork_event f ON f.room = e.room AND f.position = e.position
     WHERE e.room = $1 AND e.position < $2 AND e.flags & ${hiddenFlags} = ${eventFlags.rejected}
     ORDER BY f.base, e.position DESC LIMIT $3`,
    [room.id, below, limit],
    { prepare: true },
  );
  return rows.map(({ base, isOnFork, ...row }) => ({ event: storedEventOf(row, room), after: base, isOnFork }));
}

interface SpanRow extends StateFrom {
  readonly type: number;
  readonly stateKey: number;
}

/** A type and a state key, as numbers of names. */
export type StateNumbers = readonly [type: number, stateKey: number];

/** What these pieces of state were at a position and became since, oldest first, by `TYPE KEY`. One query. */
export async function readStateSince(
  context: Context,
  room: RoomName,
  pieces: readonly StateNumbers[],
  position: number,
): Promise<Map<string, StateFrom[]>> {
  if (pieces.length === 0) return new Map();
  const rows = await context.database.unsafe<SpanRow[]>(
    `SELECT s.type, s.state_key AS "stateKey", s.from_position AS from, s.event
     FROM unnest($2::int[], $3::int[]) AS wanted (type, state_key)
     JOIN room_state s ON s.room = $1 AND s.type = wanted.type AND s.state_key = wanted.state_key
     WHERE s.to_position > $4 ORDER BY s.from_position`,
    [room.id, pieces.map(([type]) => type), pieces.map(([, stateKey]) => stateKey), position],
    { prepare: true },
  );
  const states = new Map<string, StateFrom[]>();
  for (const { type, stateKey, from, event } of rows) {
    const key = `${type} ${stateKey}`;
    states.set(key, [...(states.get(key) ?? []), { from, event }]);
  }
  return states;
}
