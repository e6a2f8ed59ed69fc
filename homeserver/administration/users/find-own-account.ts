import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../../platform/context.ts';
import { type AccountRow, readAccount } from '../../storage/accounts/read-accounts.ts';

/** The account of a user of this server, deactivated ones too. Throws M_INVALID_PARAM (of another server), M_NOT_FOUND. */
export async function findOwnAccount(context: Context, userId: string): Promise<AccountRow> {
  if (parseUserId(userId)?.serverName !== context.serverName) {
    throw new MatrixError('M_INVALID_PARAM', 'This user does not belong to this server');
  }
  const account = await readAccount(context.database, userId);
  if (!account) throw new MatrixError('M_NOT_FOUND', 'There is no such user');
  return account;
}
