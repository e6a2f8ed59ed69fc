import type { ListedAccount } from '../../../storage/accounts/read-account-list.ts';

/** An account as our own admin API tells it. Times are milliseconds since 1970. */
export function formatAccount(account: ListedAccount) {
  return {
    user_id: account.userId,
    display_name: account.displayName,
    avatar_url: account.avatarUrl,
    is_admin: account.isAdmin,
    is_locked: account.isLocked,
    is_suspended: account.isSuspended,
    is_deactivated: account.isDeactivated,
    is_erased: account.isErased,
    created_ts: account.createdMs,
    last_seen_ts: account.lastSeenMs,
  };
}
