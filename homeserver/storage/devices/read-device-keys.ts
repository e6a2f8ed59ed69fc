import type { Sql } from '../../platform/database/open-database.ts';

export interface StoredDeviceKeys {
  readonly userId: string;
  readonly deviceId: string;
  readonly displayName: string | null;
  /** As uploaded, JSON text. */
  readonly body: string;
}

/** The identity keys of one device as JSON text, or undefined. */
export async function readOwnDeviceKeys(sql: Sql, userId: string, deviceId: string): Promise<string | undefined> {
  const rows = await sql<{ body: string }[]>`
    SELECT body FROM device_keys WHERE user_id = ${userId} AND device_id = ${deviceId}`;
  return rows[0]?.body;
}

/** The identity keys of all devices of these users that have any. */
export async function readDeviceKeys(sql: Sql, userIds: readonly string[]): Promise<StoredDeviceKeys[]> {
  return await sql<StoredDeviceKeys[]>`
    SELECT k.user_id AS "userId", k.device_id AS "deviceId", d.display_name AS "displayName", k.body
    FROM device_keys k JOIN device d USING (user_id, device_id)
    WHERE k.user_id = ANY(${userIds as string[]}::text[]) ORDER BY k.user_id, k.device_id`;
}
