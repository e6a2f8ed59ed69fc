import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../names/room-names.ts';
import { type EventRow, eventColumns, eventFlags, hiddenFlags, type StoredEvent, storedEventOf } from './event-row.ts';
import type { Direction } from './read-timeline.ts';
import { eventIdHash } from './text-hash.ts';

/** Redacted events relate to nothing any more. */
const isShown = (alias: string) => `${alias}.flags & ${hiddenFlags | eventFlags.redacted} = 0`;

export interface RelationSearch {
  /** Of the event that is referred to. */
  readonly eventId: string;
  readonly relType: string | undefined;
  /** Number of the name. */
  readonly type: number | undefined;
  /** 1: events that refer to it; 2: also those that refer to these; and so on. */
  readonly depth: number;
  readonly direction: Direction;
  /** Positions, both included. */
  readonly first: number;
  readonly last: number;
}

/** Events that relate to an event, from their newest or oldest end on, at most `limit`. One query. */
export async function readRelations(
  context: Context,
  room: RoomName,
  search: RelationSearch,
  limit: number,
): Promise<StoredEvent[]> {
  const order = search.direction === 'b' ? 'DESC' : 'ASC';
  const rows = await context.database.unsafe<EventRow[]>(
    `WITH RECURSIVE related AS (
       SELECT r.position, r.rel_type, r.type, 1 AS depth FROM relation r WHERE r.room = $2 AND r.parent_hash = $3
       UNION
       SELECT r.position, r.rel_type, r.type, related.depth + 1 FROM related
       JOIN event p ON p.shard = $1 AND p.position = related.position
       JOIN relation r ON r.room = $2 AND r.parent_hash = p.event_id_hash
       WHERE related.depth < $4
     )
     SELECT ${eventColumns} FROM (
       SELECT DISTINCT position FROM related
       WHERE ($5::text IS NULL OR rel_type = $5) AND ($6::integer IS NULL OR type = $6)
         AND position BETWEEN $7 AND $8
     ) found JOIN event e ON e.shard = $1 AND e.position = found.position
     WHERE ${isShown('e')} ORDER BY e.position ${order} LIMIT $9`,
    [
      ...[room.shard, room.id, eventIdHash(search.eventId), search.depth],
      ...[search.relType ?? null, search.type ?? null, search.first, search.last, limit],
    ],
    { prepare: true },
  );
  return rows.map((row) => storedEventOf(row, room));
}

/** A thread, found at its newest event. */
export interface StoredThread {
  readonly root: StoredEvent;
  /** Position of its newest event. */
  readonly latest: number;
}

/**
 * Threads whose roots are here, from the one with the newest event at `last` or before it downwards, at most `limit`;
 * with `participant` (the number of a name) only those that this user began or wrote in. One query.
 */
export async function readThreads(
  context: Context,
  room: RoomName,
  {
    last,
    participant,
    limit,
  }: { readonly last: number; readonly participant: number | undefined; readonly limit: number },
): Promise<StoredThread[]> {
  const rows = await context.database.unsafe<(EventRow & { readonly latest: number })[]>(
    `SELECT ${eventColumns}, r.position AS latest FROM relation r
     JOIN event x ON x.shard = $1 AND x.position = r.position AND ${isShown('x')}
     JOIN event e ON e.event_id_hash = r.parent_hash AND e.room = r.room AND e.flags & ${hiddenFlags} = 0
     WHERE r.room = $2 AND r.rel_type = 'm.thread' AND r.position <= $3
       AND NOT EXISTS (
         SELECT FROM relation later JOIN event y ON y.shard = $1 AND y.position = later.position AND ${isShown('y')}
         WHERE later.room = r.room AND later.parent_hash = r.parent_hash AND later.rel_type = 'm.thread'
           AND later.position > r.position)
       AND ($4::integer IS NULL OR e.sender = $4 OR EXISTS (
         SELECT FROM relation own WHERE own.room = r.room AND own.parent_hash = r.parent_hash
           AND own.rel_type = 'm.thread' AND own.sender = $4))
     ORDER BY r.position DESC LIMIT $5`,
    [room.shard, room.id, last, participant ?? null, limit],
    { prepare: true },
  );
  return rows.map(({ latest, ...row }) => ({ root: storedEventOf(row, room), latest }));
}

/** Which kinds of relations to an event there are. */
export interface RelationKinds {
  readonly position: number;
  readonly hasEdits: boolean;
  readonly hasThread: boolean;
  readonly hasReferences: boolean;
}

/** Of events (by position) those that others relate to in a way that is aggregated. One query. */
export async function readRelationKinds(
  context: Context,
  room: RoomName,
  positions: readonly number[],
): Promise<RelationKinds[]> {
  const exists = (relType: string) =>
    `EXISTS (SELECT FROM relation r WHERE r.room = $2 AND r.parent_hash = p.event_id_hash AND r.rel_type = '${relType}')`;
  return await context.database.unsafe<RelationKinds[]>(
    `SELECT * FROM (
       SELECT p.position, ${exists('m.replace')} AS "hasEdits", ${exists('m.thread')} AS "hasThread",
         ${exists('m.reference')} AS "hasReferences"
       FROM event p WHERE p.shard = $1 AND p.position = ANY($3::bigint[])
     ) kinds WHERE "hasEdits" OR "hasThread" OR "hasReferences"`,
    [room.shard, room.id, positions as number[]],
    { prepare: true },
  );
}

/** Edits of each event that are looked at; the newest of them counts. */
const maxEdits = 10;

/** The latest edits of events, by the events' positions: by the same sender, and of the same type. One query. */
export async function readEdits(
  context: Context,
  room: RoomName,
  positions: readonly number[],
): Promise<Map<number, StoredEvent[]>> {
  if (positions.length === 0) return new Map();
  const rows = await context.database.unsafe<(EventRow & { readonly parent: number })[]>(
    `SELECT ${eventColumns}, p.position AS parent FROM event p CROSS JOIN LATERAL (
       SELECT x.* FROM relation r JOIN event x ON x.shard = $1 AND x.position = r.position AND ${isShown('x')}
       WHERE r.room = $2 AND r.parent_hash = p.event_id_hash AND r.rel_type = 'm.replace'
         AND r.sender = p.sender AND r.type = p.type
       ORDER BY r.position DESC LIMIT ${maxEdits}
     ) e WHERE p.shard = $1 AND p.position = ANY($3::bigint[])`,
    [room.shard, room.id, positions as number[]],
    { prepare: true },
  );
  const edits = new Map<number, StoredEvent[]>();
  for (const { parent, ...row } of rows) edits.set(parent, [...(edits.get(parent) ?? []), storedEventOf(row, room)]);
  return edits;
}

export interface ThreadTally {
  /** Position of the root. */
  readonly position: number;
  readonly count: number;
  /** Position of the newest event. */
  readonly latest: number;
  readonly participated: boolean;
}

/** How many events the threads of roots (by position) have. `user`: the number of a name. One query. */
export async function readThreadTallies(
  context: Context,
  room: RoomName,
  positions: readonly number[],
  user: number,
): Promise<ThreadTally[]> {
  if (positions.length === 0) return [];
  return await context.database.unsafe<ThreadTally[]>(
    `SELECT p.position, count(*)::integer AS count, max(r.position) AS latest,
       p.sender = $4 OR bool_or(r.sender = $4) AS participated
     FROM event p JOIN relation r ON r.room = $2 AND r.parent_hash = p.event_id_hash AND r.rel_type = 'm.thread'
     JOIN event x ON x.shard = $1 AND x.position = r.position AND ${isShown('x')}
     WHERE p.shard = $1 AND p.position = ANY($3::bigint[]) GROUP BY p.position, p.sender`,
    [room.shard, room.id, positions as number[], user],
    { prepare: true },
  );
}

/** References to one event that are told with it. */
const maxReferences = 100;

export interface StoredReference {
  /** Position of the event that is referred to. */
  readonly parent: number;
  readonly position: number;
  readonly eventId: string;
}

/** The oldest references to events (by position). One query. */
export async function readReferences(
  context: Context,
  room: RoomName,
  positions: readonly number[],
): Promise<StoredReference[]> {
  if (positions.length === 0) return [];
  return await context.database.unsafe<StoredReference[]>(
    `SELECT p.position AS parent, e.position, e."eventId" FROM event p CROSS JOIN LATERAL (
       SELECT x.position, x.event_id AS "eventId" FROM relation r
       JOIN event x ON x.shard = $1 AND x.position = r.position AND ${isShown('x')}
       WHERE r.room = $2 AND r.parent_hash = p.event_id_hash AND r.rel_type = 'm.reference'
       ORDER BY r.position LIMIT ${maxReferences}
     ) e WHERE p.shard = $1 AND p.position = ANY($3::bigint[]) ORDER BY e.position`,
    [room.shard, room.id, positions as number[]],
    { prepare: true },
  );
}
