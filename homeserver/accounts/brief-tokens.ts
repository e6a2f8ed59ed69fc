import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { BriefTokenPurpose } from '../storage/accounts/brief-token-purpose.ts';
import { countBriefTokens, readBriefToken } from '../storage/accounts/read-brief-tokens.ts';
import { deleteExpiredBriefTokens, insertBriefToken } from '../storage/accounts/write-brief-tokens.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { hashToken, isWellFormedToken, makeToken } from './access-tokens.ts';
import { accountKey } from './account-key.ts';

const lifetimesMs: Record<BriefTokenPurpose, number> = { login: 120_000, openid: 3_600_000 };
const maxTokens = 100;

interface IssueInput {
  readonly userId: string;
  readonly purpose: BriefTokenPurpose;
  readonly tokenHash: string;
}

export const issueBriefTokenCommand: Command<IssueInput, null> = {
  name: 'issue-brief-token',
  key: accountKey,
  releases: 'committed',
  async decide(shard, { userId, purpose, tokenHash }) {
    const lifetimeMs = lifetimesMs[purpose];
    if ((await countBriefTokens(shard.context.database, purpose, userId)) >= maxTokens) {
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many tokens', { fields: { retry_after_ms: lifetimeMs } });
    }
    const token = { tokenHash: Buffer.from(tokenHash, 'base64'), purpose, userId, lifetimeMs };
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [deleteExpiredBriefTokens(userId), insertBriefToken(token)],
    }));
    return { result: null, committed };
  },
};

/** A token for one purpose that is good for a short time. Throws M_LIMIT_EXCEEDED when a user has too many. */
export async function issueBriefToken(
  context: Context,
  userId: string,
  purpose: BriefTokenPurpose,
): Promise<{ token: string; lifetimeMs: number }> {
  const token = makeToken(context.random, purpose);
  const tokenHash = Buffer.from(hashToken(token)).toString('base64');
  await context.shardLog.submit(issueBriefTokenCommand, shardOfUser(context, userId), { userId, purpose, tokenHash });
  return { token, lifetimeMs: lifetimesMs[purpose] };
}

/** Whose token it is, or undefined. */
export async function findBriefToken(
  context: Context,
  purpose: BriefTokenPurpose,
  token: string,
): Promise<string | undefined> {
  if (!isWellFormedToken(token, purpose)) return undefined;
  return readBriefToken(context.database, purpose, hashToken(token));
}
