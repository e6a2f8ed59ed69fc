import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Sql } from '../../platform/database/open-database.ts';

/** All fields of a user's profile. */
export async function readProfile(sql: Sql, userId: string): Promise<JsonObject> {
  const rows = await sql<{ name: string; value: string }[]>`
    SELECT name, value FROM profile_field WHERE user_id = ${userId} ORDER BY name`;
  return Object.fromEntries(rows.map((row) => [row.name, JSON.parse(row.value) as JsonValue]));
}
