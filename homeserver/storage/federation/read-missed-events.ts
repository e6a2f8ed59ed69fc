import type { Context } from '../../platform/context.ts';
import { eventFlags, hiddenFlags } from '../rooms/event-row.ts';
import { currentPosition } from '../rooms/read-state.ts';
import { isUserName, serverOfName } from './server-of-name.ts';

/** An event that a server is to be sent. */
export interface MissedEvent {
  readonly shard: number;
  readonly position: number;
  readonly eventId: string;
}

export interface MissedEventsRange {
  readonly server: string;
  readonly shard: number;
  /** Positions in (after, upTo]. */
  readonly after: number;
  readonly upTo: number;
}

/** Member events of a server's users that are current, one for each room and user. */
const currentMembers = `name n JOIN room_state c ON c.state_key = n.id AND c.type = 1
  AND c.to_position = ${currentPosition} AND c.shard = $1
  WHERE ${serverOfName('n')} = $2 AND ${isUserName('n')}`;

/**
 * Events that this server's users sent, or that it sends on for others, while the other server was in the room, and those that took its users out of a
 * room or took an invitation back. Oldest first, at most `limit`. One query, which looks at every event of the range.
 */
export async function readMissedEvents(
  context: Context,
  { server, shard, after, upTo }: MissedEventsRange,
  limit: number,
): Promise<MissedEvent[]> {
  return await context.database.unsafe<MissedEvent[]>(
    `WITH member AS MATERIALIZED (
       SELECT s.room, s.membership, s.from_position, s.to_position
       FROM (SELECT c.room, c.state_key FROM ${currentMembers}) current
       JOIN room_state s ON s.room = current.room AND s.type = 1 AND s.state_key = current.state_key
         AND s.to_position > $3 AND s.from_position <= $4 AND s.membership <= 3
     )
     SELECT e.shard, e.position, e.event_id AS "eventId" FROM event e JOIN name u ON u.id = e.sender
     WHERE e.shard = $1 AND e.position > $3 AND e.position <= $4 AND e.flags & ${hiddenFlags | eventFlags.sentElsewhere} = 0
       AND (${serverOfName('u')} = $5 OR e.flags & ${eventFlags.relayed} <> 0)
       AND EXISTS (SELECT FROM member m WHERE m.room = e.room AND (m.to_position = e.position
         OR m.membership = 1 AND m.from_position <= e.position AND m.to_position > e.position))
     ORDER BY e.position LIMIT $6`,
    [shard, server, after, upTo, context.serverName, limit],
    { prepare: true },
  );
}

/**
 * For each room that the other server is in: the newest events of the range from the last time in it that it was in the
 * room, those that no other refers to yet. What was before it came is not for it. And those that took its users out of a room or took an invitation back. Oldest first. The server finds what lies in
 * between by itself.
 */
export async function readLatestEvents(
  context: Context,
  { server, shard, after, upTo }: MissedEventsRange,
): Promise<MissedEvent[]> {
  return await context.database.unsafe<MissedEvent[]>(
    `WITH member AS MATERIALIZED (
       SELECT c.room, c.state_key, c.membership, c.from_position, c.event FROM ${currentMembers}
     ), joined AS (
       SELECT DISTINCT ON (s.room) s.room, greatest($3 + 1, s.from_position) AS since, least($4, s.to_position - 1) AS until
       FROM member JOIN room_state s ON s.room = member.room AND s.type = 1 AND s.state_key = member.state_key
         AND s.membership = 1 AND s.to_position > $3 AND s.from_position <= $4
       WHERE EXISTS (SELECT FROM member m WHERE m.room = s.room AND m.membership = 1)
       ORDER BY s.room, until DESC, since
     ), latest AS (
       SELECT joined.*, newest.position
       FROM joined CROSS JOIN LATERAL (
         SELECT position FROM event e
         WHERE e.room = joined.room AND e.position BETWEEN joined.since AND joined.until AND e.flags & ${hiddenFlags} = 0
         ORDER BY e.position DESC LIMIT 1
       ) newest
     ), wanted AS (
       SELECT position FROM latest
       UNION SELECT x.position FROM latest JOIN forward_extremity x ON x.room = latest.room
         WHERE x.position BETWEEN latest.since AND latest.until
       UNION SELECT event FROM member WHERE membership IN (4, 5) AND from_position > $3 AND from_position <= $4
     )
     SELECT e.shard, e.position, e.event_id AS "eventId" FROM wanted JOIN event e
       ON e.shard = $1 AND e.position = wanted.position
     WHERE e.flags & ${hiddenFlags} = 0 ORDER BY e.position`,
    [shard, server, after, upTo],
    { prepare: true },
  );
}

const mostCounted = 1_000;

/**
 * How many events of this server's users wait for a server that has all up to these positions, by shard: of the rooms that
 * it is in now, 1,000 where there are more. Looks at no more events than that in each room. One query.
 */
export async function countMissedEvents(
  context: Context,
  server: string,
  positions: readonly number[],
): Promise<number> {
  const rows = await context.database.unsafe<{ count: number }[]>(
    `SELECT count(*)::int AS count FROM (
       SELECT FROM (
         SELECT DISTINCT c.shard, c.room FROM name n JOIN room_state c ON c.state_key = n.id AND c.type = 1
           AND c.to_position = ${currentPosition} AND c.membership = 1
         WHERE ${serverOfName('n')} = $1 AND ${isUserName('n')}
       ) shared CROSS JOIN LATERAL (
         SELECT sender, flags FROM event e
         WHERE e.room = shared.room AND e.position > coalesce(($2::text::bigint[])[shared.shard + 1], 0)
         ORDER BY e.position DESC LIMIT ${mostCounted}
       ) newest JOIN name u ON u.id = newest.sender
       WHERE newest.flags & ${hiddenFlags | eventFlags.sentElsewhere} = 0
         AND (${serverOfName('u')} = $3 OR newest.flags & ${eventFlags.relayed} <> 0)
       LIMIT ${mostCounted}
     ) waiting`,
    [server, `{${positions.join(',')}}`, context.serverName],
    { prepare: true },
  );
  return rows[0]?.count ?? 0;
}
