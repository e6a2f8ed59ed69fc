import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { updatePassword } from '../storage/accounts/write-accounts.ts';
import { deleteBriefTokensOfUser } from '../storage/accounts/write-brief-tokens.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';
import { prepareDeviceDeletion } from './delete-devices.ts';
import { hashPassword } from './hash-password.ts';

interface SetPasswordInput {
  readonly userId: string;
  readonly passwordHash: string;
  readonly logOutDevices: boolean;
  readonly keepDeviceId: string | null;
}

export const setPasswordCommand: Command<SetPasswordInput, null> = {
  name: 'set-password',
  key: accountKey,
  releases: 'committed',
  async decide(shard, { userId, passwordHash, logOutDevices, keepDeviceId }) {
    const deletion = { userId, deviceIds: logOutDevices ? ('all' as const) : [], except: keepDeviceId };
    const ended = await prepareDeviceDeletion(shard, deletion);
    const committed = shard.append(ended.entryCount, (firstPosition) => {
      const { entries, writes } = ended.build(firstPosition);
      return {
        entries,
        writes: [updatePassword(userId, passwordHash), deleteBriefTokensOfUser(userId), ...writes],
      };
    });
    return { result: null, committed };
  },
};

/**
 * Gives an account a new password (checked before, see checkNewPassword). `logOutDevices` deletes its devices but for
 * `keepDeviceId`.
 */
export async function setPassword(
  context: Context,
  change: { userId: string; password: string; logOutDevices: boolean; keepDeviceId?: string | undefined },
): Promise<void> {
  const { userId, logOutDevices, keepDeviceId = null } = change;
  const passwordHash = await hashPassword(context, change.password);
  await context.shardLog.submit(setPasswordCommand, shardOfUser(context, userId), {
    ...{ userId, passwordHash, logOutDevices, keepDeviceId },
  });
}
