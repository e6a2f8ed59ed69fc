import type { Context } from '../../platform/context.ts';

/** The user ids of all accounts that were closed with the wish to be erased. */
export async function readErasedUsers(context: Context): Promise<string[]> {
  const rows = await context.database<{ userId: string }[]>`
    SELECT user_id AS "userId" FROM account WHERE is_erased`;
  return rows.map(({ userId }) => userId);
}
