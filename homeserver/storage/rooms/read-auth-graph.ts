import { type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { nameTexts } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { eventFlags } from './event-row.ts';
import { unpackEvent } from './pack-event.ts';
import { currentPosition } from './read-state.ts';

/** A state event of a room, as the auth graph has it. */
export interface GraphEvent {
  readonly eventId: string;
  readonly position: number;
  readonly authEventIds: readonly string[];
}

interface GraphRow {
  readonly position: number;
  readonly eventId: string;
  /** Positions, separated by commas. */
  readonly auth: string | null;
  /** Of rows that have no positions of auth events. */
  readonly body: Uint8Array | null;
}

/**
 * Every state event of a room that was not rejected, those known for their authority only included, each after its auth
 * events. One query.
 */
export async function readAuthGraph(context: Context, room: RoomName): Promise<GraphEvent[]> {
  const rows = await context.database.unsafe<GraphRow[]>(
    `SELECT position, event_id AS "eventId", array_to_string(auth, ',') AS auth,
       CASE WHEN auth IS NULL THEN body END AS body
     FROM event WHERE room = $1 AND flags & ${eventFlags.state} <> 0 AND flags & ${eventFlags.rejected} = 0`,
    [room.id],
    { prepare: true },
  );
  const idByPosition = new Map(rows.map((row) => [row.position, row.eventId]));
  const authOf = new Map<string, GraphEvent>();
  for (const row of rows) {
    const authEventIds = authIdsOf(row, idByPosition);
    authOf.set(row.eventId, { eventId: row.eventId, position: row.position, authEventIds });
  }
  return orderByAuthEvents(authOf);
}

function authIdsOf({ auth, body }: GraphRow, idByPosition: ReadonlyMap<number, string>): string[] {
  if (body) return (JSON.parse(unpackEvent(body)) as Pdu).auth_events.map(referencedEventId);
  if (auth === null || auth === '') return [];
  return auth.split(',').flatMap((position) => idByPosition.get(Number(position)) ?? []);
}

/** Each event after its auth events; without recursion, since chains are as long as rooms are old. */
function orderByAuthEvents(events: ReadonlyMap<string, GraphEvent>): GraphEvent[] {
  const ordered: GraphEvent[] = [];
  const entered = new Set<string>();
  const finished = new Set<string>();
  for (const start of events.keys()) {
    const path = [start];
    for (let eventId = path.at(-1); eventId !== undefined; eventId = path.at(-1)) {
      const event = events.get(eventId);
      if (!event || finished.has(eventId) || entered.has(eventId)) {
        path.pop();
        if (event && !finished.has(eventId)) ordered.push(event);
        finished.add(eventId);
        continue;
      }
      entered.add(eventId);
      for (const authEventId of event.authEventIds) if (!entered.has(authEventId)) path.push(authEventId);
    }
  }
  return ordered;
}

/** A piece of state, by its event. */
export interface StateId {
  readonly type: string;
  readonly stateKey: string;
  readonly eventId: string;
  /** Of the event's row. */
  readonly position: number;
}

/** The whole current state of a room as event ids. One query, and one for names. */
export async function readCurrentStateIds(context: Context, room: RoomName): Promise<StateId[]> {
  const rows = await context.database.unsafe<{ type: number; stateKey: number; eventId: string; position: number }[]>(
    `SELECT s.type, s.state_key AS "stateKey", e.event_id AS "eventId", e.position
     FROM room_state s JOIN event e ON e.shard = s.shard AND e.position = s.event
     WHERE s.room = $1 AND s.to_position = ${currentPosition}`,
    [room.id],
    { prepare: true },
  );
  const names = await nameTexts(
    context,
    rows.flatMap(({ type, stateKey }) => [type, stateKey]),
  );
  return rows.map(({ type, stateKey, eventId, position }) => ({
    type: names.get(type) ?? '',
    stateKey: names.get(stateKey) ?? '',
    eventId,
    position,
  }));
}
