import type { DescribedAccount } from '../../../administration/users/describe-account.ts';

/** An account as `GET /v2/users/{userId}` of other servers tells it. */
export function formatSynapseUser({ account }: Pick<DescribedAccount, 'account'>) {
  return {
    name: account.userId,
    displayname: account.displayName,
    avatar_url: account.avatarUrl,
    admin: account.isAdmin,
    deactivated: account.isDeactivated,
    locked: account.isLocked,
    suspended: account.isSuspended,
    erased: account.isErased,
    creation_ts: account.createdMs,
    last_seen_ts: account.lastSeenMs,
    // What other servers have and this one does not.
    ...{ is_guest: false, shadow_banned: false, user_type: null, threepids: [], external_ids: [] },
  };
}
