import type { Sql } from '../../platform/database/open-database.ts';
import type { RateOverride } from './rate-override.ts';

export interface AccountRow {
  readonly userId: string;
  /** PHC form; null where no password opens the account. */
  readonly passwordHash: string | null;
  readonly createdMs: number;
  readonly attempt: string;
  readonly isAdmin: boolean;
  readonly isLocked: boolean;
  readonly isSuspended: boolean;
  readonly isDeactivated: boolean;
  readonly isErased: boolean;
}

export async function readRateOverride(sql: Sql, userId: string): Promise<RateOverride | undefined> {
  const rows = await sql<RateOverride[]>`
    SELECT message_rate AS "perSecond", message_burst AS burst FROM account
    WHERE user_id = ${userId} AND message_rate IS NOT NULL`;
  return rows[0];
}

/** The account of a user of this server, deactivated ones too. */
export async function readAccount(sql: Sql, userId: string): Promise<AccountRow | undefined> {
  const rows = await sql<AccountRow[]>`
    SELECT user_id AS "userId", password_hash AS "passwordHash", created_ms AS "createdMs", attempt,
      is_admin AS "isAdmin", is_locked AS "isLocked", is_suspended AS "isSuspended",
      is_deactivated AS "isDeactivated", is_erased AS "isErased"
    FROM account WHERE user_id = ${userId}`;
  return rows[0];
}

/** Whether an administrator exists: before the first one, the terminal prints an address to make one. */
export async function hasAdministrators(sql: Sql): Promise<boolean> {
  return (await sql`SELECT 1 FROM account WHERE is_admin AND NOT is_deactivated LIMIT 1`).length > 0;
}
