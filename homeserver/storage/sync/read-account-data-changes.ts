import type { Context } from '../../platform/context.ts';

export interface StoredAccountData {
  /** Absent: global. */
  readonly roomId?: string;
  readonly type: string;
  /** JSON object; `{}` for what was deleted. */
  readonly contentJson: string;
}

interface AccountDataRow {
  readonly roomId: string;
  readonly type: string;
  readonly content: string | null;
}

/**
 * A user's account data, global and of rooms, that changed after `after` (a position of the user's shard), in the order
 * of the changes; without `after` all that there is. One query. Push rules are kept elsewhere.
 */
export async function readAccountDataChanges(
  context: Context,
  userId: string,
  after: number | undefined,
): Promise<StoredAccountData[]> {
  const rows = await context.database.unsafe<AccountDataRow[]>(
    after === undefined
      ? `SELECT room_id AS "roomId", type, content FROM account_data
         WHERE user_id = $1 AND content IS NOT NULL ORDER BY position`
      : `SELECT room_id AS "roomId", type, content FROM account_data
         WHERE user_id = $1 AND position > $2 ORDER BY position`,
    after === undefined ? [userId] : [userId, after],
    { prepare: true },
  );
  return rows.map(({ roomId, type, content }) => ({
    ...(roomId !== '' && { roomId }),
    type,
    contentJson: content ?? '{}',
  }));
}

/** The users that a user ignores (`m.ignored_user_list`). One query. */
export async function readIgnoredUsers(context: Context, userId: string): Promise<Set<string>> {
  const rows = await context.database<{ content: string | null }[]>`
    SELECT content FROM account_data WHERE user_id = ${userId} AND room_id = '' AND type = 'm.ignored_user_list'`;
  return parseIgnoredUsers(JSON.parse(rows[0]?.content ?? 'null'));
}

/** https://spec.matrix.org/v1.19/client-server-api/#mignored_user_list */
export function parseIgnoredUsers(content: unknown): Set<string> {
  const users = (content as { ignored_users?: unknown } | null)?.ignored_users;
  return new Set(typeof users === 'object' && users !== null ? Object.keys(users) : []);
}
