import type { Sql } from '../../platform/database/open-database.ts';

export interface DeviceRow {
  readonly deviceId: string;
  readonly displayName: string | null;
  readonly createdMs: number;
  readonly lastSeenMs: number | null;
  readonly lastSeenAddress: string | null;
  readonly lastSeenAgent: string | null;
}

/** All devices of a user, by device id. */
export async function readDevices(sql: Sql, userId: string): Promise<DeviceRow[]> {
  return await sql<DeviceRow[]>`
    SELECT device_id AS "deviceId", display_name AS "displayName", created_ms AS "createdMs",
      last_seen_ms AS "lastSeenMs", last_seen_address AS "lastSeenAddress", last_seen_agent AS "lastSeenAgent"
    FROM device WHERE user_id = ${userId} ORDER BY device_id`;
}

export async function readDevice(sql: Sql, userId: string, deviceId: string): Promise<DeviceRow | undefined> {
  const rows = await sql<DeviceRow[]>`
    SELECT device_id AS "deviceId", display_name AS "displayName", created_ms AS "createdMs",
      last_seen_ms AS "lastSeenMs", last_seen_address AS "lastSeenAddress", last_seen_agent AS "lastSeenAgent"
    FROM device WHERE user_id = ${userId} AND device_id = ${deviceId}`;
  return rows[0];
}

/** How many devices a user has, and whether one of them has the id. */
export async function countDevices(
  sql: Sql,
  userId: string,
  deviceId: string,
): Promise<{ count: number; exists: boolean }> {
  const rows = await sql<{ count: number; exists: boolean }[]>`
    SELECT count(*)::int AS count, coalesce(bool_or(device_id = ${deviceId}), false) AS exists
    FROM device WHERE user_id = ${userId}`;
  return rows[0] ?? { count: 0, exists: false };
}
