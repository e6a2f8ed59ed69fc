import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';
import { readRefreshToken } from '../storage/accounts/read-sessions.ts';
import { deleteSessionTokens } from '../storage/accounts/write-sessions.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { hashToken, isWellFormedToken } from './access-tokens.ts';
import { accountKey } from './account-key.ts';
import { makeTokenPair, type OpenedSession, tokenWrites } from './new-session.ts';

interface RefreshInput {
  readonly userId: string;
  readonly usedHash: string;
  readonly accessHash: string;
  readonly refreshHash: string | null;
}

export const refreshSessionCommand: Command<RefreshInput, { deviceId: string }> = {
  name: 'refresh-session',
  key: accountKey,
  releases: 'committed',
  async decide(shard, input) {
    const { database } = shard.context;
    const used = await readRefreshToken(database, Buffer.from(input.usedHash, 'base64'));
    const account = used && (await readAccount(database, used.userId));
    if (!used || !account || account.isDeactivated) throw unknownToken();
    if (account.isLocked) {
      throw new MatrixError('M_USER_LOCKED', 'This account has been locked', { fields: { soft_logout: true } });
    }
    const { userId, deviceId, generation } = used;
    const committed = shard.append(1, () => ({
      entries: [{ kind: 'session', body: { userId, deviceId } }],
      writes: [
        // The generation that is used stays until the next one is; one that was made and never used gives way.
        deleteSessionTokens(userId, deviceId, generation, generation),
        ...tokenWrites(userId, deviceId, generation + 1, input),
      ],
    }));
    return { result: { deviceId }, committed };
  },
};

/**
 * New tokens for a refresh token. That one stays good until one of the new ones is used, so that a lost answer can be
 * asked for again. Throws M_UNKNOWN_TOKEN or M_USER_LOCKED.
 * https://spec.matrix.org/v1.19/client-server-api/#refreshing-access-tokens
 */
export async function refreshSession(context: Context, refreshToken: string): Promise<OpenedSession> {
  if (!isWellFormedToken(refreshToken, 'refresh')) throw unknownToken();
  const usedHash = hashToken(refreshToken);
  const found = await readRefreshToken(context.database, usedHash);
  if (!found) throw unknownToken();
  const { tokens, hashes } = makeTokenPair(context, true);
  const { deviceId } = await context.shardLog.submit(refreshSessionCommand, shardOfUser(context, found.userId), {
    userId: found.userId,
    usedHash: Buffer.from(usedHash).toString('base64'),
    ...hashes,
  });
  return { deviceId, ...tokens };
}

interface ConfirmInput {
  readonly userId: string;
  readonly deviceId: string;
  readonly generation: number;
}

/** A token of this generation was used: those before it end. */
export const confirmSessionCommand: Command<ConfirmInput, null> = {
  name: 'confirm-session',
  key: accountKey,
  releases: 'committed',
  decide(shard, { userId, deviceId, generation }) {
    const committed = shard.append(1, () => ({
      entries: [{ kind: 'session', body: { userId, deviceId } }],
      writes: [deleteSessionTokens(userId, deviceId, generation, 2 ** 31 - 1)],
    }));
    return { result: null, committed };
  },
};

export async function confirmSession(context: Context, input: ConfirmInput): Promise<void> {
  await context.shardLog.submit(confirmSessionCommand, shardOfUser(context, input.userId), input);
}

function unknownToken(): MatrixError {
  return new MatrixError('M_UNKNOWN_TOKEN', 'Unknown refresh token', { fields: { soft_logout: false } });
}
