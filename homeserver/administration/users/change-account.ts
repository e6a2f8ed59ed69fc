import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { deactivateAccount } from '../../accounts/deactivate-account.ts';
import { setAccountFlags } from '../../accounts/moderate-account.ts';
import { changeProfileField } from '../../accounts/profiles.ts';
import type { Context } from '../../platform/context.ts';
import { findOwnAccount } from './find-own-account.ts';

export interface AccountChanges {
  readonly isAdmin?: boolean | undefined;
  readonly isLocked?: boolean | undefined;
  readonly isSuspended?: boolean | undefined;
  /** Null takes it away. */
  readonly displayName?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
}

/**
 * Changes what is given of an account. An administrator's rights are taken by another administrator, and before that an
 * administrator can be neither locked nor suspended: so the last one cannot be lost. Throws M_INVALID_PARAM, M_NOT_FOUND,
 * M_FORBIDDEN.
 */
export async function changeAccount(
  context: Context,
  operator: string,
  userId: string,
  { displayName, avatarUrl, ...flags }: AccountChanges,
): Promise<void> {
  const account = await findOwnAccount(context, userId);
  if (account.isDeactivated) throw new MatrixError('M_NOT_FOUND', 'This account has been deactivated');
  const { isAdmin = account.isAdmin, isLocked = account.isLocked, isSuspended = account.isSuspended } = flags;
  if (operator === userId && !isAdmin) throw new MatrixError('M_FORBIDDEN', 'Another administrator has to do that');
  if (isAdmin && (isLocked || isSuspended)) {
    throw new MatrixError('M_FORBIDDEN', 'Administrators cannot be locked or suspended');
  }
  if (isAdmin !== account.isAdmin || isLocked !== account.isLocked || isSuspended !== account.isSuspended) {
    await setAccountFlags(context, userId, { isAdmin, isLocked, isSuspended });
  }
  if (displayName !== undefined) await changeProfileField(context, userId, 'displayname', displayName ?? undefined);
  if (avatarUrl !== undefined) await changeProfileField(context, userId, 'avatar_url', avatarUrl ?? undefined);
}

/** Closes an account for good. Throws M_INVALID_PARAM, M_NOT_FOUND, and M_FORBIDDEN for administrators. */
export async function closeAccount(context: Context, userId: string, erase: boolean): Promise<void> {
  const account = await findOwnAccount(context, userId);
  if (account.isAdmin && !account.isDeactivated) {
    throw new MatrixError('M_FORBIDDEN', 'Administrators cannot be deactivated: take the rights away first');
  }
  await deactivateAccount(context, userId, erase);
}
