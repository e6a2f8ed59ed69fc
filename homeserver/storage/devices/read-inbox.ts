import type { Sql } from '../../platform/database/open-database.ts';
import type { InboxPlace } from './write-inbox.ts';

export interface InboxMessage extends InboxPlace {
  /** The event as clients see it, as JSON text. */
  readonly body: string;
}

/**
 * A device's messages above `after` (positions by shard; a shard beyond its end counts as 0), oldest first, at most
 * `most`.
 */
export async function readInbox(
  sql: Sql,
  { userId, deviceId }: DeviceName,
  after: readonly number[],
  most: number,
): Promise<InboxMessage[]> {
  return await sql<InboxMessage[]>`
    SELECT i.shard, i.position, i.ordinal, coalesce(i.body, m.body, '{}') AS body
    FROM inbox_message i LEFT JOIN shared_message m ON m.id = i.shared
    WHERE i.user_id = ${userId} AND i.device_id = ${deviceId}
      AND i.position > coalesce((${after as number[]}::bigint[])[i.shard + 1], 0)
    ORDER BY i.shard, i.position, i.ordinal LIMIT ${most}`;
}

/** Per shard, the newest of a device's messages that are not above these positions (by shard): what it has received. */
export async function readReceived(
  sql: Sql,
  { userId, deviceId }: DeviceName,
  positions: readonly number[],
): Promise<{ readonly shard: number; readonly position: number }[]> {
  return await sql<{ shard: number; position: number }[]>`
    SELECT shard, max(position) AS position FROM inbox_message i
    WHERE user_id = ${userId} AND device_id = ${deviceId}
      AND position <= coalesce((${positions as number[]}::bigint[])[shard + 1], 0)
    GROUP BY shard`;
}

export interface DeviceName {
  readonly userId: string;
  readonly deviceId: string;
}

/** All devices of these users. */
export async function readDevicesOf(sql: Sql, userIds: readonly string[]): Promise<DeviceName[]> {
  return await sql<DeviceName[]>`
    SELECT user_id AS "userId", device_id AS "deviceId" FROM device
    WHERE user_id = ANY(${userIds as string[]}::text[]) ORDER BY user_id, device_id`;
}

/** How many messages wait for each of these devices; none: not in the map. The key is `userId deviceId`. */
export async function countInboxes(sql: Sql, devices: readonly DeviceName[]): Promise<Map<string, number>> {
  const rows = await sql<{ device: string; count: number }[]>`
    SELECT wanted.user_id || ' ' || wanted.device_id AS device, count(*)::int AS count
    FROM unnest(${devices.map((device) => device.userId)}::text[], ${devices.map((device) => device.deviceId)}::text[])
      AS wanted (user_id, device_id)
    JOIN inbox_message i USING (user_id, device_id) GROUP BY 1`;
  return new Map(rows.map((row) => [row.device, row.count]));
}

/** Places of a device's messages, oldest first, `most` at most, and the ids of those that are shared. */
export async function readInboxPlaces(
  sql: Sql,
  { userId, deviceId }: DeviceName,
  most: number,
): Promise<(InboxPlace & { readonly shared: number | null })[]> {
  return await sql<(InboxPlace & { readonly shared: number | null })[]>`
    SELECT shard, position, ordinal, shared FROM inbox_message WHERE user_id = ${userId} AND device_id = ${deviceId}
    ORDER BY shard, position, ordinal LIMIT ${most}`;
}

/** Ids of the shared messages that wait for a device. */
export async function readSharedIds(sql: Sql, { userId, deviceId }: DeviceName): Promise<number[]> {
  const rows = await sql<{ shared: number }[]>`
    SELECT shared FROM inbox_message
    WHERE user_id = ${userId} AND device_id = ${deviceId} AND shared IS NOT NULL`;
  return rows.map((row) => row.shared);
}

/** Ids of the shared messages among those of a device that are in a shard up to a position. */
export async function readSharedIdsUpTo(
  sql: Sql,
  { userId, deviceId }: DeviceName,
  upTo: { readonly shard: number; readonly position: number },
): Promise<number[]> {
  const rows = await sql<{ shared: number }[]>`
    SELECT shared FROM inbox_message
    WHERE user_id = ${userId} AND device_id = ${deviceId} AND shard = ${upTo.shard} AND position <= ${upTo.position}
      AND shared IS NOT NULL`;
  return rows.map((row) => row.shared);
}

/** Whether a request to send to devices was carried out on the shard. */
export async function hasTransaction(sql: Sql, shard: number, identity: Uint8Array): Promise<boolean> {
  const rows = await sql<object[]>`
    SELECT FROM to_device_transaction WHERE shard = ${shard} AND identity = ${identity}`;
  return rows.length > 0;
}

/** The messages that came to devices at these places, in the order of the places. One query. */
export async function readInboxAt(
  sql: Sql,
  places: readonly (DeviceName & { readonly shard: number; readonly position: number })[],
): Promise<(DeviceName & { readonly body: string })[]> {
  if (places.length === 0) return [];
  return await sql.unsafe<(DeviceName & { readonly body: string })[]>(
    `SELECT i.user_id AS "userId", i.device_id AS "deviceId", coalesce(i.body, m.body, '{}') AS body
     FROM unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[]) WITH ORDINALITY
       AS place (user_id, device_id, shard, position, number)
     JOIN inbox_message i USING (user_id, device_id, shard, position) LEFT JOIN shared_message m ON m.id = i.shared
     ORDER BY place.number, i.ordinal`,
    [
      places.map(({ userId }) => userId),
      places.map(({ deviceId }) => deviceId),
      places.map(({ shard }) => shard),
      places.map(({ position }) => position),
    ],
    { prepare: true },
  );
}
