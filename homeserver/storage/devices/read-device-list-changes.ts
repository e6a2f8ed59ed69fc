import type { Context } from '../../platform/context.ts';
import type { Sql } from '../../platform/database/open-database.ts';
import { findNames } from '../names/intern-names.ts';
import { currentPosition } from '../rooms/read-state.ts';
import { noDeviceListUpdate } from './device-list-stream.ts';

export interface DeviceListChanges {
  /**
   * Users who share a room with the reader and whose devices or keys changed, or who share one only since then; after a
   * join the reader too, for the reader's other devices. When the members of a room have become known, those who
   * were not before: what changed meanwhile is not known.
   */
  readonly changed: readonly string[];
  /** Users who no longer share a room with the reader. */
  readonly left: readonly string[];
}

const isCurrent = `s.type = 1 AND s.to_position = ${currentPosition}`;

/** Whether m.member is joined to m.room: now, and as of m.after. */
const joinedNow = `EXISTS (SELECT FROM room_state s
  WHERE s.room = m.room AND s.state_key = m.member AND ${isCurrent} AND s.membership = 1)`;
const joinedThen = `EXISTS (SELECT FROM room_state s
  WHERE s.room = m.room AND s.state_key = m.member AND s.type = 1 AND s.membership = 1
    AND s.from_position <= m.after AND s.to_position > m.after)`;

/**
 * $1 the reader's number, $2 positions by shard, $3 the reader's id. Begins with the rooms of the reader and the changes
 * of device lists, both of them few; everything else is looked up from there by index.
 */
const changesQuery = `
  WITH rooms AS MATERIALIZED (
    SELECT m.room, m.after, m.is_joined AS now, ${joinedThen} AS before
    FROM (
      SELECT s.room, s.state_key AS member, s.membership = 1 AS is_joined,
        coalesce(($2::bigint[])[s.shard + 1], 0) AS after
      FROM room_state s WHERE s.state_key = $1 AND ${isCurrent}
    ) m
  ), moved AS MATERIALIZED (
    SELECT DISTINCT r.room, r.after, s.state_key AS member
    FROM rooms r JOIN room_state s ON s.room = r.room AND s.type = 1 AND s.from_position > r.after
    WHERE r.now AND r.before AND s.state_key <> $1
  ), met AS (
    SELECT m.member FROM moved m WHERE ${joinedNow} AND NOT ${joinedThen}
    UNION
    SELECT s.state_key FROM rooms r JOIN room_state s ON s.room = r.room AND ${isCurrent} AND s.membership = 1
    WHERE r.now AND (NOT r.before OR EXISTS (
      SELECT FROM partial_state_room p
      WHERE p.room = r.room AND p.whole_since > r.after AND s.event < p.lowest_position))
  ), parted AS (
    SELECT m.member FROM moved m WHERE ${joinedThen} AND NOT ${joinedNow}
    UNION
    SELECT s.state_key FROM rooms r JOIN room_state s ON s.room = r.room AND s.type = 1 AND s.membership = 1
      AND s.from_position <= r.after AND s.to_position > r.after
    WHERE r.before AND NOT r.now AND s.state_key <> $1
  ), renewed AS (
    SELECT d.user_id FROM unnest($2::bigint[]) WITH ORDINALITY AS token (position, number)
    JOIN device_list d ON d.shard = token.number - 1 AND d.position > token.position
  )
  SELECT user_id AS "userId", true AS changed FROM renewed
  WHERE user_id = $3 OR EXISTS (
    SELECT FROM name JOIN room_state s ON s.state_key = name.id AND ${isCurrent} AND s.membership = 1
    WHERE name.text = renewed.user_id AND s.room IN (SELECT room FROM rooms WHERE now))
  UNION SELECT k.user_id, true FROM key_signature k
  WHERE k.signer_id = $3 AND k.position > coalesce(($2::bigint[])[k.shard + 1], 0)
  UNION SELECT name.text, true FROM met JOIN name ON name.id = met.member
  UNION SELECT name.text, false FROM parted JOIN name ON name.id = parted.member
  WHERE NOT EXISTS (
    SELECT FROM room_state s WHERE s.state_key = parted.member AND ${isCurrent} AND s.membership = 1
      AND s.room IN (SELECT room FROM rooms WHERE now))`;

/**
 * Whose keys a client has to ask for again or can forget, given the positions by shard of its token (one per shard).
 * May name users whose change the client knows already, and never leaves one out. One query.
 */
export async function readDeviceListChanges(
  context: Context,
  userId: string,
  since: readonly number[],
): Promise<DeviceListChanges> {
  const user = (await findNames(context, [userId])).get(userId) ?? 0;
  const rows = await context.database.unsafe<{ userId: string; changed: boolean }[]>(
    changesQuery,
    [user, since as number[], userId],
    { prepare: true },
  );
  return {
    changed: rows.filter((row) => row.changed).map((row) => row.userId),
    left: rows.filter((row) => !row.changed).map((row) => row.userId),
  };
}

/** `stream_id` of the newest update of a user's device list. */
export async function readDeviceListStreamId(sql: Sql, userId: string): Promise<number> {
  const rows = await sql<{ streamId: number | null }[]>`
    SELECT stream_id AS "streamId" FROM device_list WHERE user_id = ${userId}`;
  return rows[0]?.streamId ?? noDeviceListUpdate;
}

export interface ChangedDeviceList {
  readonly userId: string;
  readonly position: number;
}

/** Users whose list last changed in (after, upTo] of a shard's log, oldest first. */
export async function readChangedDeviceLists(
  sql: Sql,
  shard: number,
  after: number,
  upTo: number,
): Promise<ChangedDeviceList[]> {
  return await sql<ChangedDeviceList[]>`
    SELECT user_id AS "userId", position FROM device_list
    WHERE shard = ${shard} AND position > ${after} AND position <= ${upTo} ORDER BY position`;
}

export interface DeviceWithName {
  readonly deviceId: string;
  readonly displayName: string | null;
}

/** All devices of a user, those without keys too, the newest last. */
export async function readDeviceNames(sql: Sql, userId: string): Promise<DeviceWithName[]> {
  return await sql<DeviceWithName[]>`
    SELECT device_id AS "deviceId", display_name AS "displayName" FROM device WHERE user_id = ${userId}
    ORDER BY created_ms, device_id`;
}
