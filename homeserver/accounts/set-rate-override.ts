import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { RateOverride } from '../storage/accounts/rate-override.ts';
import { updateRateOverride } from '../storage/accounts/write-accounts.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';

interface SetRateOverrideInput {
  readonly userId: string;
  readonly override: RateOverride | undefined;
}

/** Sessions are told, for they carry it. */
export const setRateOverrideCommand: Command<SetRateOverrideInput, null> = {
  name: 'set-rate-override',
  key: accountKey,
  releases: 'committed',
  decide(shard, { userId, override }) {
    const committed = shard.append(1, () => ({
      entries: [{ kind: 'session', body: { userId } }],
      writes: [updateRateOverride(userId, override)],
    }));
    return { result: null, committed };
  },
};

/** What a user may send instead of the limits of all; undefined: those hold again. */
export async function setRateOverride(
  context: Context,
  userId: string,
  override: RateOverride | undefined,
): Promise<void> {
  await context.shardLog.submit(setRateOverrideCommand, shardOfUser(context, userId), { userId, override });
}
