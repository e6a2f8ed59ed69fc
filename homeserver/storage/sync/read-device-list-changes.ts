import type { Context } from '../../platform/context.ts';
import { findNames } from '../names/intern-names.ts';

/**
 * Users whose devices or keys changed after `since` (positions by shard), with where they did; also those whose keys
 * `readerId` has signed, which only the signer sees. One query.
 */
export async function readDeviceListChanges(
  context: Context,
  readerId: string,
  since: readonly number[],
): Promise<{ readonly userId: string; readonly shard: number; readonly position: number }[]> {
  return await context.database<{ userId: string; shard: number; position: number }[]>`
    SELECT d.user_id AS "userId", d.shard, d.position
    FROM unnest(${since as number[]}::bigint[]) WITH ORDINALITY AS shards (since, number)
    JOIN device_list d ON d.shard = shards.number - 1 AND d.position > shards.since
    UNION SELECT k.user_id, k.shard, k.position FROM key_signature k
    WHERE k.signer_id = ${readerId} AND k.position > coalesce((${since as number[]}::bigint[])[k.shard + 1], 0)`;
}

/** Which of the users are joined to one of the rooms (by number). One query. */
export async function readSharers(
  context: Context,
  userIds: readonly string[],
  rooms: readonly number[],
): Promise<Set<string>> {
  if (userIds.length === 0 || rooms.length === 0) return new Set();
  const rows = await context.database<{ userId: string }[]>`
    SELECT name.text AS "userId" FROM name
    WHERE name.text = ANY(${userIds as string[]}::text[]) AND EXISTS (
      SELECT 1 FROM room_state s WHERE s.state_key = name.id AND s.type = 1
        AND s.to_position = 9223372036854775807 AND s.membership = 1 AND s.room = ANY(${rooms as number[]}::int[]))`;
  return new Set(rows.map((row) => row.userId));
}

/** Users who came to or left rooms (by number) after a position, each with whether they are joined now. One query. */
export async function readMemberChanges(
  context: Context,
  rooms: readonly { readonly room: number; readonly since: number }[],
): Promise<{ readonly userId: string; readonly isJoined: boolean }[]> {
  if (rooms.length === 0) return [];
  return await context.database.unsafe<{ userId: string; isJoined: boolean }[]>(
    `SELECT name.text AS "userId", s.membership = 1 AS "isJoined"
     FROM unnest($1::int[], $2::bigint[]) AS wanted (room, since)
     JOIN room_state s ON s.room = wanted.room AND s.from_position > wanted.since AND s.type = 1
       AND s.to_position = 9223372036854775807
     JOIN name ON name.id = s.state_key`,
    [rooms.map(({ room }) => room), rooms.map(({ since }) => since)],
    { prepare: true },
  );
}

/** The joined members of those of the rooms (by number) that are encrypted. One query. */
export async function readMembersOfEncryptedRooms(context: Context, rooms: readonly number[]): Promise<string[]> {
  if (rooms.length === 0) return [];
  const names = await findNames(context, ['m.room.encryption', '']);
  const rows = await context.database<{ userId: string }[]>`
    SELECT DISTINCT name.text AS "userId"
    FROM room_state encryption
    JOIN room_state s ON s.room = encryption.room AND s.type = 1 AND s.membership = 1
      AND s.to_position = 9223372036854775807
    JOIN name ON name.id = s.state_key
    WHERE encryption.room = ANY(${rooms as number[]}::int[]) AND encryption.type = ${names.get('m.room.encryption') ?? 0}
      AND encryption.state_key = ${names.get('') ?? 0} AND encryption.to_position = 9223372036854775807`;
  return rows.map((row) => row.userId);
}
