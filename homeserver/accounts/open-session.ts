import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Sql } from '../platform/database/open-database.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';
import { readBriefToken } from '../storage/accounts/read-brief-tokens.ts';
import { countDevices } from '../storage/accounts/read-devices.ts';
import { readSession } from '../storage/accounts/read-sessions.ts';
import { deleteBriefToken } from '../storage/accounts/write-brief-tokens.ts';
import { readCrossSigningKeys } from '../storage/devices/read-cross-signing.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { hashToken } from './access-tokens.ts';
import { accountKey } from './account-key.ts';
import { findBriefToken } from './brief-tokens.ts';
import {
  checkDeviceCount,
  type OpenedSession,
  prepareSession,
  type SessionInput,
  type SessionRequest,
  sessionWrites,
} from './new-session.ts';

interface OpenSessionInput extends SessionInput {
  readonly userId: string;
  /** SHA-256 of the login token that pays for it, base64. */
  readonly loginTokenHash: string | null;
}

export const openSessionCommand: Command<OpenSessionInput, null> = {
  name: 'open-session',
  key: accountKey,
  releases: 'committed',
  async decide(shard, input) {
    const { userId, deviceId } = input;
    const { database } = shard.context;
    // Asked for again after a lost answer.
    if (await readSession(database, Buffer.from(input.accessHash, 'base64'))) return { result: null };
    const loginToken = input.loginTokenHash === null ? undefined : Buffer.from(input.loginTokenHash, 'base64');
    if (loginToken && (await readBriefToken(database, 'login', loginToken)) !== userId) throw unknownLoginToken();
    const account = await readAccount(database, userId);
    if (!account) throw new MatrixError('M_FORBIDDEN', 'There is no such account');
    if (account.isDeactivated) throw new MatrixError('M_USER_DEACTIVATED', 'This account has been deactivated');
    const { count, exists } = await countDevices(database, userId, deviceId);
    if (!exists) {
      checkDeviceCount(shard.context, count);
      await checkIsNoSigningKey(database, userId, deviceId);
    }
    const committed = shard.append(exists ? 1 : 0, () => ({
      entries: exists ? [{ kind: 'session', body: { userId, deviceId } }] : [],
      writes: [...sessionWrites(userId, input, exists), ...(loginToken ? [deleteBriefToken(loginToken)] : [])],
    }));
    return { result: null, committed };
  },
};

/**
 * Logs a user in on a new or known device, whose earlier tokens end. The caller has checked that it is the user.
 * Throws M_USER_DEACTIVATED or M_RESOURCE_LIMIT_EXCEEDED.
 */
export async function openSession(context: Context, userId: string, request: SessionRequest): Promise<OpenedSession> {
  return submitSession(context, userId, request, null);
}

/** Logs in the user who made a login token, which is used up. Throws M_FORBIDDEN for one that is not good. */
export async function openSessionByToken(
  context: Context,
  loginToken: string,
  request: SessionRequest,
): Promise<OpenedSession & { userId: string }> {
  const userId = await findBriefToken(context, 'login', loginToken);
  if (userId === undefined) throw unknownLoginToken();
  const loginTokenHash = Buffer.from(hashToken(loginToken)).toString('base64');
  return { userId, ...(await submitSession(context, userId, request, loginTokenHash)) };
}

async function submitSession(
  context: Context,
  userId: string,
  request: SessionRequest,
  loginTokenHash: string | null,
): Promise<OpenedSession> {
  const { session, input } = prepareSession(context, request);
  const command = { userId, loginTokenHash, ...input };
  await context.shardLog.submit(openSessionCommand, shardOfUser(context, userId), command);
  return session;
}

/** Both kinds of keys are named in the same places. https://spec.matrix.org/v1.19/client-server-api/#cross-signing */
async function checkIsNoSigningKey(sql: Sql, userId: string, deviceId: string): Promise<void> {
  const keys = await readCrossSigningKeys(sql, [userId]);
  if (keys.some(({ publicKey }) => publicKey === deviceId)) {
    throw new MatrixError('M_FORBIDDEN', 'A device cannot have the id of a cross-signing key');
  }
}

function unknownLoginToken(): MatrixError {
  return new MatrixError('M_FORBIDDEN', 'This login token is not valid (any more)');
}
