import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { type AccountRow, readAccount } from '../storage/accounts/read-accounts.ts';
import { type AccountFlags, updateAccountFlags } from '../storage/accounts/write-accounts.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';

interface SetFlagsInput {
  readonly userId: string;
  readonly flags: AccountFlags;
}

/** Sessions are told, for what they may do hangs on it. */
export const setAccountFlagsCommand: Command<SetFlagsInput, null> = {
  name: 'set-account-flags',
  key: accountKey,
  releases: 'committed',
  decide(shard, { userId, flags }) {
    const committed = shard.append(1, () => ({
      entries: [{ kind: 'session', body: { userId } }],
      writes: [updateAccountFlags(userId, flags)],
    }));
    return { result: null, committed };
  },
};

/** Locks, suspends or promotes an account, or undoes it. */
export async function setAccountFlags(
  context: Context,
  userId: string,
  flags: Pick<AccountFlags, 'isAdmin' | 'isLocked' | 'isSuspended'>,
): Promise<void> {
  await context.shardLog.submit(setAccountFlagsCommand, shardOfUser(context, userId), { userId, flags });
}

/**
 * The account that an administrator wants to look at or moderate. Throws M_INVALID_PARAM for users of other servers,
 * M_NOT_FOUND for unknown and deactivated ones, M_FORBIDDEN for administrators.
 * https://spec.matrix.org/v1.19/client-server-api/#server-administration
 */
export async function findModeratedAccount(context: Context, userId: string): Promise<AccountRow> {
  if (parseUserId(userId)?.serverName !== context.serverName) {
    throw new MatrixError('M_INVALID_PARAM', 'This user does not belong to this server');
  }
  const account = await readAccount(context.database, userId);
  if (!account || account.isDeactivated) throw new MatrixError('M_NOT_FOUND', 'There is no such user');
  if (account.isAdmin) throw new MatrixError('M_FORBIDDEN', 'Administrators cannot be moderated');
  return account;
}
