import { removeKeysOfUser } from '../devices/remove-keys-of-user.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { changeMembership } from '../rooms/change-membership.ts';
import { deleteAccountDataOfUser, deletePushRuleChangesOfUser } from '../storage/accounts/write-account-data.ts';
import { updateAccountFlags, updatePassword } from '../storage/accounts/write-accounts.ts';
import { deleteBriefTokensOfUser } from '../storage/accounts/write-brief-tokens.ts';
import { deleteFiltersOfUser } from '../storage/accounts/write-filters.ts';
import { deleteProfile } from '../storage/accounts/write-profiles.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';
import { prepareDeviceDeletion } from './delete-devices.ts';
import { forEachRoomOf } from './for-each-room.ts';

interface DeactivateInput {
  readonly userId: string;
  readonly erase: boolean;
}

export const deactivateAccountCommand: Command<DeactivateInput, null> = {
  name: 'deactivate-account',
  key: accountKey,
  releases: 'committed',
  async decide(shard, { userId, erase }) {
    const ended = await prepareDeviceDeletion(shard, { userId, deviceIds: 'all' });
    const erased = [
      deleteProfile(userId),
      deleteAccountDataOfUser(userId),
      deletePushRuleChangesOfUser(userId),
      deleteFiltersOfUser(userId),
    ];
    const committed = shard.append(ended.entryCount + 2, (firstPosition) => {
      const { entries, writes } = ended.build(firstPosition);
      return {
        entries: [
          ...entries,
          { kind: 'session', body: { userId, ...(erase && { isErased: true }) } },
          { kind: 'profile', body: { userId } },
        ],
        writes: [
          updateAccountFlags(userId, { isDeactivated: true, ...(erase && { isErased: true }) }),
          updatePassword(userId, null),
          deleteBriefTokensOfUser(userId),
          ...writes,
          ...(erase ? erased : []),
        ],
      };
    });
    return { result: null, committed };
  },
};

/**
 * Closes an account for good: it leaves its rooms, its sessions and devices end, its name stays taken. With `erase` also
 * its profile and account data go, and what it said is shown to nobody who was not there (rooms/erased-users.ts). The rooms come first, so that a request that is cut off can be sent again.
 * https://spec.matrix.org/v1.19/client-server-api/#account-deactivation
 */
export async function deactivateAccount(context: Context, userId: string, erase: boolean): Promise<void> {
  await forEachRoomOf(context, userId, ({ roomId }) =>
    changeMembership(context, { roomId, action: 'leave', sender: userId, target: userId }),
  );
  await context.shardLog.submit(deactivateAccountCommand, shardOfUser(context, userId), { userId, erase });
  await removeKeysOfUser(context, userId);
}
