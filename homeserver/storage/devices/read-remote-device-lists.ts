import type { Context } from '../../platform/context.ts';
import type { Sql } from '../../platform/database/open-database.ts';
import { currentPosition } from '../rooms/read-state.ts';
import type { StoredDeviceKeys } from './read-device-keys.ts';
import type { RemoteDeviceList } from './remote-device-list-row.ts';

/** Those of the users of whom there is a row, by user id. */
export async function readRemoteDeviceLists(
  sql: Sql,
  userIds: readonly string[],
): Promise<Map<string, RemoteDeviceList>> {
  const rows = await sql<RemoteDeviceList[]>`
    SELECT user_id AS "userId", stream_id AS "streamId", is_stale AS "isStale", mark FROM remote_device_list
    WHERE user_id = ANY(${userIds as string[]}::text[])`;
  return new Map(rows.map((row) => [row.userId, row]));
}

/** The copies of devices of these users. */
export async function readRemoteDevices(sql: Sql, userIds: readonly string[]): Promise<StoredDeviceKeys[]> {
  return await sql<StoredDeviceKeys[]>`
    SELECT user_id AS "userId", device_id AS "deviceId", display_name AS "displayName", body FROM remote_device
    WHERE user_id = ANY(${userIds as string[]}::text[]) ORDER BY user_id, device_id`;
}

export interface StaleDeviceList {
  readonly userId: string;
  readonly server: string;
}

/** Lists of some shards that have to be asked for; those of `except` (servers) are left out. At most `most`. */
export async function readStaleDeviceLists(
  sql: Sql,
  shards: readonly number[],
  except: readonly string[],
  most: number,
): Promise<StaleDeviceList[]> {
  return await sql<StaleDeviceList[]>`
    SELECT user_id AS "userId", server FROM remote_device_list
    WHERE is_stale AND shard = ANY(${shards as number[]}::smallint[]) AND server <> ALL(${except as string[]}::text[])
    ORDER BY server LIMIT ${most}`;
}

/** Whether m.state_key is joined to m.room together with a user of this server, whose ids end with $2. */
const isShared = `m.type = 1 AND m.membership = 1 AND m.to_position = ${currentPosition} AND EXISTS (
  SELECT FROM room_state l JOIN name ln ON ln.id = l.state_key
  WHERE l.room = m.room AND l.type = 1 AND l.membership = 1 AND l.to_position = ${currentPosition}
    AND right(ln.text, length($2)) = $2)`;

/** Which of the users share a room with a user of this server; a room of `except` (its number) does not count. */
export async function readUsersWithSharedRooms(
  context: Context,
  userIds: readonly string[],
  except?: number,
): Promise<Set<string>> {
  if (userIds.length === 0) return new Set();
  const rows = await context.database.unsafe<{ userId: string }[]>(
    `SELECT n.text AS "userId" FROM name n WHERE n.text = ANY($1::text[]) AND EXISTS (
       SELECT FROM room_state m WHERE m.state_key = n.id AND m.room <> $3 AND ${isShared})`,
    [userIds as string[], `:${context.serverName}`, except ?? -1],
    { prepare: true },
  );
  return new Set(rows.map((row) => row.userId));
}

/** Users with copies here who have a member event in a room. At most `most` after a user id, in order. */
export async function readCopiedMembers(
  context: Context,
  room: number,
  after: string,
  most: number,
): Promise<string[]> {
  const rows = await context.database<{ userId: string }[]>`
    SELECT l.user_id AS "userId" FROM remote_device_list l JOIN name n ON n.text = l.user_id
    JOIN room_state m ON m.state_key = n.id AND m.room = ${room} AND m.type = 1
      AND m.to_position = ${currentPosition}::bigint
    WHERE l.user_id > ${after} ORDER BY l.user_id LIMIT ${most}`;
  return rows.map((row) => row.userId);
}

/** Users of whom something is kept, after a user id, in order. */
export async function readAllCopied(sql: Sql, after: string, most: number): Promise<string[]> {
  const rows = await sql<{ userId: string }[]>`
    SELECT user_id AS "userId" FROM remote_device_list WHERE user_id > ${after} ORDER BY user_id LIMIT ${most}`;
  return rows.map((row) => row.userId);
}

/** Whether a room has joined members of this server besides one of them. */
export async function hasOtherLocalMembers(context: Context, room: number, userId: string): Promise<boolean> {
  const suffix = `:${context.serverName}`;
  const rows = await context.database<object[]>`
    SELECT FROM room_state m JOIN name n ON n.id = m.state_key
    WHERE m.room = ${room} AND m.type = 1 AND m.membership = 1 AND m.to_position = ${currentPosition}::bigint
      AND right(n.text, length(${suffix})) = ${suffix} AND n.text <> ${userId} LIMIT 1`;
  return rows.length > 0;
}

/** Joined members of a room (its number) who are this server's, at most `most`. */
export async function readLocalMembers(context: Context, room: number, most: number): Promise<string[]> {
  const suffix = `:${context.serverName}`;
  const rows = await context.database<{ userId: string }[]>`
    SELECT n.text AS "userId" FROM room_state m JOIN name n ON n.id = m.state_key
    WHERE m.room = ${room} AND m.type = 1 AND m.membership = 1 AND m.to_position = ${currentPosition}::bigint
      AND right(n.text, length(${suffix})) = ${suffix} LIMIT ${most}`;
  return rows.map((row) => row.userId);
}
