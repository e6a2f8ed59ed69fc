import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Sql } from '../../platform/database/open-database.ts';
import { toSearchText } from './search-text.ts';

export interface ListedAccount {
  readonly userId: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly createdMs: number;
  /** Of the device that was used last; null: none was yet. */
  readonly lastSeenMs: number | null;
  readonly isAdmin: boolean;
  readonly isLocked: boolean;
  readonly isSuspended: boolean;
  readonly isDeactivated: boolean;
  readonly isErased: boolean;
}

/** What a list can be ordered by, and the column that it means. The names are those of the admin API. */
export const accountOrders = {
  name: '"userId"',
  displayname: '"searchText"',
  admin: '"isAdmin"',
  deactivated: '"isDeactivated"',
  creation_ts: '"createdMs"',
  last_seen_ts: '"lastSeenMs"',
} as const;

export interface AccountListQuery {
  readonly offset: number;
  readonly limit: number;
  /** A part of the localpart or display name, in any case. */
  readonly name: string | undefined;
  /** A part of the user id, in any case. */
  readonly userId: string | undefined;
  readonly admins: boolean | undefined;
  /** Whether deactivated accounts are in it too. */
  readonly deactivated: boolean;
  readonly orderBy: keyof typeof accountOrders;
  readonly descending: boolean;
}

/** A page of the accounts that are asked for, and how many there are in all. */
export async function readAccountList(
  sql: Sql,
  query: AccountListQuery,
): Promise<{ accounts: ListedAccount[]; total: number }> {
  const name = query.name === undefined ? null : toSearchText(query.name);
  const userId = query.userId?.toLowerCase() ?? null;
  const wanted = sql`
    FROM account LEFT JOIN profile_field display ON display.user_id = account.user_id AND display.name = 'displayname'
    WHERE (${query.deactivated} OR NOT account.is_deactivated)
      AND (${query.admins ?? null}::boolean IS NULL OR account.is_admin = ${query.admins ?? null})
      AND (${userId}::text IS NULL OR strpos(account.user_id, ${userId}) > 0)
      AND (${name}::text IS NULL OR strpos(split_part(substr(account.user_id, 2), ':', 1), ${name}) > 0
        OR strpos(display.search_text, ${name}) > 0)`;
  const direction = query.descending ? sql`DESC` : sql`ASC`;
  const [counted, rows] = await Promise.all([
    sql<{ total: number }[]>`SELECT count(*)::int AS total ${wanted}`,
    sql<ListedAccount[]>`
      SELECT ${accountColumns(sql)}
      ${wanted}
      ORDER BY ${sql.unsafe(accountOrders[query.orderBy])} ${direction} NULLS LAST, "userId"
      LIMIT ${query.limit} OFFSET ${query.offset}`,
  ]);
  return { accounts: rows.map(parseAccount), total: counted[0]?.total ?? 0 };
}

/** One account, which exists. */
export async function readListedAccount(sql: Sql, userId: string): Promise<ListedAccount> {
  const rows = await sql<ListedAccount[]>`
    SELECT ${accountColumns(sql)}
    FROM account LEFT JOIN profile_field display ON display.user_id = account.user_id AND display.name = 'displayname'
    WHERE account.user_id = ${userId}`;
  if (!rows[0]) throw new Error(`there is no account ${userId}`);
  return parseAccount(rows[0]);
}

function accountColumns(sql: Sql) {
  return sql`account.user_id AS "userId", display.value AS "displayName", display.search_text AS "searchText",
    (SELECT value FROM profile_field avatar
      WHERE avatar.user_id = account.user_id AND avatar.name = 'avatar_url') AS "avatarUrl",
    (SELECT max(last_seen_ms) FROM device WHERE device.user_id = account.user_id) AS "lastSeenMs",
    created_ms AS "createdMs", is_admin AS "isAdmin", is_locked AS "isLocked", is_suspended AS "isSuspended",
    is_deactivated AS "isDeactivated", is_erased AS "isErased"`;
}

function parseAccount(row: ListedAccount): ListedAccount {
  return { ...row, displayName: parseText(row.displayName), avatarUrl: parseText(row.avatarUrl) };
}

function parseText(json: string | null): string | null {
  const value = json === null ? null : (JSON.parse(json) as JsonValue);
  return typeof value === 'string' ? value : null;
}
