import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { verifyPassword } from '../accounts/hash-password.ts';
import type { Context } from '../platform/context.ts';
import { type AccountRow, readAccount } from '../storage/accounts/read-accounts.ts';
import type { RateLimits } from './rate-limits.ts';

/**
 * The account that a password opens. Wrong guesses are counted per account and slowed down.
 * Throws M_FORBIDDEN (also where there is no such account), M_USER_DEACTIVATED or M_LIMIT_EXCEEDED.
 */
export async function checkPassword(
  context: Context,
  limits: RateLimits,
  userId: string | undefined,
  password: string,
): Promise<AccountRow> {
  const account = userId === undefined ? undefined : await readAccount(context.database, userId);
  const key = account?.userId ?? 'nobody';
  // Taken before, or many guesses at once would all go through.
  if (account) limits.take('loginFailure', key);
  if (!(await verifyPassword(context, account?.passwordHash ?? null, password)) || !account) {
    if (account?.isDeactivated) throw new MatrixError('M_USER_DEACTIVATED', 'This account has been deactivated');
    throw new MatrixError('M_FORBIDDEN', 'Wrong user name or password');
  }
  limits.giveBack('loginFailure', key);
  return account;
}
