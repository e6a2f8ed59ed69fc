import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, type StoredEvent, storedEventOf } from './event-row.ts';

/** The from_position of state that held before anything that this server has of the room. */
export const stateFromTheBeginning = -9e15;

/** The to_position of what is current. */
export const currentPosition = '9223372036854775807';

export interface StateSelection {
  /** State as it was after this position; absent: the current one. */
  readonly at?: number;
  /** Only these (type, state key) pairs. */
  readonly keys?: readonly (readonly [type: string, stateKey: string])[];
  /** Leave out m.room.member events. */
  readonly withoutMembers?: boolean;
  /** Only m.room.member events, of these memberships (codes) where given. */
  readonly membersOnly?: boolean;
  readonly memberships?: readonly number[];
  readonly notMemberships?: readonly number[];
  /** No more than this many, whichever they are. */
  readonly limit?: number;
}

const memberType = 1;
/** Stands for names that nothing in the database has. */
const noName = 0;

/** A state event with the position from which on it was part of the room's state. */
export interface StateEvent extends StoredEvent {
  readonly since: number;
}

/** State events of a room, as the main line has them at a position. One query. */
export async function readState(
  context: Context,
  room: RoomName,
  selection: StateSelection = {},
): Promise<StateEvent[]> {
  const query = await stateQuery(context, room, selection);
  if (!query) return [];
  const rows = await context.database.unsafe<StateRow[]>(query.text, query.parameters, { prepare: true });
  return rows.map((row) => ({ ...storedEventOf(row, room), since: row.since }));
}

/**
 * As readState, one event after the other while they come, each of which may be forgotten again: for rooms with tens of
 * thousands of members, of whom little is wanted. `take` must not wait for anything.
 */
export async function forEachState(
  context: Context,
  room: RoomName,
  selection: StateSelection,
  take: (event: StateEvent) => void,
): Promise<void> {
  const query = await stateQuery(context, room, selection);
  if (!query) return;
  await context.database
    .unsafe<StateRow[]>(query.text, query.parameters, { prepare: true })
    .forEach((row) => take({ ...storedEventOf(row, room), since: (row as StateRow).since }));
}

type StateRow = EventRow & { readonly since: number };

/** Undefined where nothing is selected. */
async function stateQuery(
  context: Context,
  room: RoomName,
  selection: StateSelection,
): Promise<{ readonly text: string; readonly parameters: never[] } | undefined> {
  const { at, keys } = selection;
  const parameters: unknown[] = [room.shard, room.id];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = ['s.room = $2'];
  if (at === undefined) conditions.push(`s.to_position = ${currentPosition}`);
  else {
    const place = parameter(at);
    conditions.push(`s.from_position <= ${place}`, `s.to_position > ${place}`);
  }
  // No type has a lower number than members, and so this is a range of the index, however many members there are.
  if (selection.withoutMembers) conditions.push(`s.type > ${memberType}`);
  if (selection.membersOnly) conditions.push(`s.type = ${memberType}`);
  if (selection.memberships)
    conditions.push(`s.membership = ANY(${parameter([...selection.memberships])}::smallint[])`);
  if (selection.notMemberships) {
    conditions.push(`s.membership <> ALL(${parameter([...selection.notMemberships])}::smallint[])`);
  }
  if (keys) {
    if (keys.length === 0) return undefined;
    const names = await findNames(context, keys.flat());
    const types = parameter(keys.map(([type]) => names.get(type) ?? noName));
    const stateKeys = parameter(keys.map(([, stateKey]) => names.get(stateKey) ?? noName));
    conditions.push(`(s.type, s.state_key) IN (SELECT * FROM unnest(${types}::int[], ${stateKeys}::int[]))`);
  }
  const text =
    `SELECT ${eventColumns}, s.from_position AS since FROM room_state s JOIN event e ON e.shard = $1 AND e.position = s.event
     WHERE ${conditions.join(' AND ')} ` +
    (selection.limit === undefined ? 'ORDER BY s.from_position, s.event' : `LIMIT ${parameter(selection.limit)}`);
  return { text, parameters: parameters as never[] };
}

/** One state event, or undefined. */
export async function readStateEvent(
  context: Context,
  room: RoomName,
  type: string,
  stateKey: string,
  at?: number,
): Promise<StoredEvent | undefined> {
  const events = await readState(context, room, { keys: [[type, stateKey]], ...(at !== undefined && { at }) });
  return events[0];
}

/** The position from which on the room had a member, in what is known of it; undefined: it never had any. One query. */
export async function readFirstMemberPosition(context: Context, room: RoomName): Promise<number | undefined> {
  const [row] = await context.database<{ position: number | null }[]>`
    SELECT min(from_position) AS position FROM room_state WHERE room = ${room.id} AND type = ${memberType}`;
  return row?.position ?? undefined;
}
