import type { Sql } from '../../platform/database/open-database.ts';

/** One piece of account data as JSON text, or undefined. `roomId` empty: global. */
export async function readAccountData(
  sql: Sql,
  userId: string,
  roomId: string,
  type: string,
): Promise<string | undefined> {
  const rows = await sql<{ content: string | null }[]>`
    SELECT content FROM account_data WHERE user_id = ${userId} AND room_id = ${roomId} AND type = ${type}`;
  return rows[0]?.content ?? undefined;
}

export interface AccountDataRow {
  /** Empty: global. */
  readonly roomId: string;
  readonly type: string;
  /** JSON text. */
  readonly content: string;
}

/** All account data of a user, by room and type. */
export async function readAllAccountData(sql: Sql, userId: string): Promise<AccountDataRow[]> {
  return await sql<AccountDataRow[]>`
    SELECT room_id AS "roomId", type, content FROM account_data
    WHERE user_id = ${userId} AND content IS NOT NULL ORDER BY room_id, type`;
}

/** How many pieces of account data a user has, those not counted that were deleted. */
export async function countAccountData(sql: Sql, userId: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM account_data WHERE user_id = ${userId} AND content IS NOT NULL`;
  return rows[0]?.count ?? 0;
}
