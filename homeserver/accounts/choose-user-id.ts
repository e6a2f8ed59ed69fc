import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { makeUserId, parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';

const generatedLength = 12;

/**
 * The user id for a new account. Capitals become small letters; without a user name one is made up.
 * Throws M_INVALID_USERNAME. https://spec.matrix.org/v1.19/appendices/#user-identifiers
 */
export function chooseUserId(context: Context, username: string | undefined): string {
  const localpart = username?.toLowerCase() ?? context.random.letters(generatedLength).toLowerCase();
  const userId = makeUserId(localpart, context.serverName);
  // A leading underscore is what application services reserve for their users.
  if (userId === undefined || localpart.startsWith('_')) {
    throw new MatrixError(
      'M_INVALID_USERNAME',
      'A user name is made of a-z, 0-9 and ._=-/+, does not begin with _, and is short enough for a user id',
    );
  }
  if (/^\d+$/.test(localpart)) {
    throw new MatrixError('M_INVALID_USERNAME', 'User names of digits only are reserved for guests');
  }
  return userId;
}

/** Throws M_USER_IN_USE for a user id that has, or had, an account. */
export async function checkUserIdIsFree(context: Context, userId: string): Promise<void> {
  if (await readAccount(context.database, userId)) {
    throw new MatrixError('M_USER_IN_USE', 'This user name is already taken');
  }
}

/**
 * The user id that a login means: a whole one or a localpart, in any case, as accounts are made in small letters only.
 * Undefined for what can be none.
 */
export function resolveUserId(context: Context, user: string): string | undefined {
  const userId = (user.startsWith('@') ? user : `@${user}:${context.serverName}`).toLowerCase();
  return parseUserId(userId) ? userId : undefined;
}
