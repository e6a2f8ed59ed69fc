import type { Context } from '../../platform/context.ts';
import { type PresenceState, presenceOfCode } from './presence-states.ts';

export interface StoredPresence {
  readonly userId: string;
  readonly state: PresenceState;
  readonly statusMessage: string | undefined;
  /** Milliseconds since 1970, as data. */
  readonly lastActiveMs: number;
  readonly currentlyActive: boolean;
}

interface PresenceRow {
  readonly userId: string;
  readonly state: number;
  readonly statusMessage: string | null;
  readonly lastActiveMs: number;
  readonly currentlyActive: boolean;
}

const columns = `p.user_id AS "userId", p.state, p.status_message AS "statusMessage",
  p.last_active_at AS "lastActiveMs", p.currently_active AS "currentlyActive"`;

/** The presence of one user, or undefined when nothing was ever known of it. */
export async function readPresence(context: Context, userId: string): Promise<StoredPresence | undefined> {
  const rows = await context.database.unsafe<PresenceRow[]>(
    `SELECT ${columns} FROM presence p WHERE p.user_id = $1`,
    [userId],
    { prepare: true },
  );
  return rows[0] && storedPresenceOf(rows[0]);
}

/** Those of the users who are not offline. One query; at most `most`. */
export async function readPresenceOf(
  context: Context,
  userIds: readonly string[],
  most: number,
): Promise<StoredPresence[]> {
  if (userIds.length === 0) return [];
  const rows = await context.database.unsafe<PresenceRow[]>(
    `SELECT ${columns} FROM presence p WHERE p.user_id = ANY($1::text[]) AND p.state <> 0 LIMIT $2`,
    [userIds as string[], most],
    { prepare: true },
  );
  return rows.map(storedPresenceOf);
}

/** Users of a shard that are not offline. */
export async function readPresentUsers(context: Context, shard: number): Promise<StoredPresence[]> {
  const rows = await context.database.unsafe<PresenceRow[]>(
    `SELECT ${columns} FROM presence p WHERE p.shard = $1 AND p.state <> 0`,
    [shard],
    { prepare: true },
  );
  return rows.map(storedPresenceOf);
}

/**
 * Users joined to one of the rooms (by number) whose presence changed after a position of their shard, newest first;
 * without `since` those that are not offline. One query; at most `most`.
 */
export async function readPresenceInRooms(
  context: Context,
  rooms: readonly number[],
  since: readonly number[] | undefined,
  most: number,
): Promise<StoredPresence[]> {
  const inRooms = `EXISTS (SELECT 1 FROM name JOIN room_state s ON s.state_key = name.id AND s.type = 1
    AND s.to_position = 9223372036854775807 AND s.membership = 1
    WHERE name.text = p.user_id AND s.room = ANY($1::int[]))`;
  const rows =
    since === undefined
      ? await context.database.unsafe<PresenceRow[]>(
          `SELECT ${columns} FROM presence p WHERE p.state <> 0 AND ${inRooms} LIMIT $2`,
          [rooms as number[], most],
          { prepare: true },
        )
      : await context.database.unsafe<PresenceRow[]>(
          `SELECT ${columns} FROM unnest($3::bigint[]) WITH ORDINALITY AS shards (since, number)
           JOIN presence p ON p.shard = shards.number - 1 AND p.position > shards.since
           WHERE ${inRooms} ORDER BY p.position DESC LIMIT $2`,
          [rooms as number[], most, since as number[]],
          { prepare: true },
        );
  return rows.map(storedPresenceOf);
}

function storedPresenceOf(row: PresenceRow): StoredPresence {
  const { userId, lastActiveMs, currentlyActive } = row;
  const statusMessage = row.statusMessage ?? undefined;
  return { userId, state: presenceOfCode(row.state), statusMessage, lastActiveMs, currentlyActive };
}
