import type { Context } from '../../platform/context.ts';
import { serverOfName } from '../federation/server-of-name.ts';
import type { RoomName } from '../names/room-names.ts';
import { currentPosition } from './read-state.ts';

/** A server with members in a room, now or a short while ago. */
export interface JoinedServerRow {
  readonly server: string;
  /** Members who are joined now. */
  readonly joined: number;
  /** The position of the event with which the last of them left; null if none did lately. */
  readonly goneAt: number | null;
  /** Since when it has been in the room, where that is later than what was asked for; otherwise null. */
  readonly cameAt: number | null;
}

export interface JoinedServerRows {
  /** Of the shard's log: every change up to there is contained. */
  readonly position: number;
  readonly servers: readonly JoinedServerRow[];
  /** Of a room whose members are not all known yet: the servers that were in it when this one came. */
  readonly assumed: readonly string[];
}

interface JoinedServersRow {
  readonly position: number;
  readonly server: string | null;
  readonly joined: number;
  readonly goneAt: number | null;
  readonly cameAt: number | null;
  readonly assumed: readonly string[] | null;
}

/** The servers of a room's joined members, and of those who came or left after position `since`. One query. */
export async function readJoinedServers(context: Context, room: RoomName, since: number): Promise<JoinedServerRows> {
  const rows = await context.database.unsafe<JoinedServersRow[]>(
    `SELECT p.position, m.server, m.joined, m."goneAt", m."cameAt", p.assumed
     FROM (
       SELECT position,
         (SELECT servers FROM partial_state_room WHERE room = $2 AND whole_since IS NULL) AS assumed
       FROM shard WHERE id = $1
     ) p
     LEFT JOIN (
       SELECT ${serverOfName('n')} AS server,
         (count(*) FILTER (WHERE s.to_position = ${currentPosition}))::int AS joined,
         max(s.to_position) FILTER (WHERE s.to_position < ${currentPosition}) AS "goneAt",
         nullif(greatest(min(s.from_position), $3), $3) AS "cameAt"
       FROM room_state s JOIN name n ON n.id = s.state_key
       WHERE s.room = $2 AND s.type = 1 AND s.membership = 1 AND s.to_position > $3
       GROUP BY 1
     ) m ON true`,
    [room.shard, room.id, since],
    { prepare: true },
  );
  return {
    position: rows[0]?.position ?? 0,
    servers: rows.flatMap(({ server, joined, goneAt, cameAt }) =>
      server === null ? [] : [{ server, joined, goneAt, cameAt }],
    ),
    assumed: rows[0]?.assumed ?? [],
  };
}
