import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import {
  type RegistrationTokenRow,
  readRegistrationTokenHold,
  readRegistrationTokens,
} from '../storage/accounts/read-registration-tokens.ts';
import {
  countRegistrationTokenUse,
  deleteRegistrationTokenHold,
  deleteRegistrationToken as deleteTokenWrite,
  putRegistrationToken,
  putRegistrationTokenHold,
} from '../storage/accounts/write-registration-tokens.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { interactiveLifetimeMs } from './interactive-authentication/interactive-sessions.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#token-authenticated-registration */
const tokenPattern = /^[A-Za-z0-9._~-]{1,64}$/;
const generatedLength = 16;
const maxUses = 1_000_000;
/** The end of the year 9999. */
const latestMs = 253_402_300_799_999;

const tokenKey = ({ token }: { readonly token: string }) => `registration token ${token}`;

interface CreateTokenInput {
  readonly token: string;
  readonly usesAllowed: number | null;
  readonly expiresMs: number | null;
  readonly createdMs: number;
}

export const createRegistrationTokenCommand: Command<CreateTokenInput, null> = {
  name: 'create-registration-token',
  key: tokenKey,
  releases: 'committed',
  decide(shard, input) {
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes: [putRegistrationToken(input)] })) };
  },
};

/**
 * Makes a token that lets people register. Without `usesAllowed` any number of them, without `expiresMs` for good.
 * Making one again changes what it allows. Throws M_INVALID_PARAM for a text that can be none.
 */
export async function createRegistrationToken(
  context: Context,
  wanted: { token?: string | undefined; usesAllowed?: number | undefined; expiresMs?: number | undefined } = {},
): Promise<string> {
  const { token = context.random.letters(generatedLength), usesAllowed = null, expiresMs = null } = wanted;
  if (!tokenPattern.test(token)) {
    throw new MatrixError('M_INVALID_PARAM', 'A registration token is made of A-Z, a-z, 0-9 and ._~-, at most 64');
  }
  if ((usesAllowed ?? 0) > maxUses || (usesAllowed ?? 0) < 0 || (expiresMs ?? 0) > latestMs || (expiresMs ?? 0) < 0) {
    throw new MatrixError('M_INVALID_PARAM', `A registration token has 0 to ${maxUses} uses and an end before 10000`);
  }
  const input = { token, usesAllowed, expiresMs, createdMs: context.clock.wallMs() };
  await context.shardLog.submit(createRegistrationTokenCommand, shardOfUser(context, token), input);
  return token;
}

export const deleteRegistrationTokenCommand: Command<{ readonly token: string }, null> = {
  name: 'delete-registration-token',
  key: tokenKey,
  releases: 'committed',
  decide(shard, { token }) {
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes: [deleteTokenWrite(token)] })) };
  },
};

export async function deleteRegistrationToken(context: Context, token: string): Promise<void> {
  await context.shardLog.submit(deleteRegistrationTokenCommand, shardOfUser(context, token), { token });
}

/** All of them, oldest first. */
export async function listRegistrationTokens(context: Context): Promise<RegistrationTokenRow[]> {
  return readRegistrationTokens(context.database);
}

/** Whether somebody could register with it now. */
export async function isRegistrationTokenValid(context: Context, token: string): Promise<boolean> {
  if (!tokenPattern.test(token)) return false;
  return isUsable((await readRegistrationTokens(context.database, { token }))[0]);
}

interface HoldInput {
  readonly token: string;
  readonly sessionId: string;
}

export const holdRegistrationTokenCommand: Command<HoldInput, { held: boolean }> = {
  name: 'hold-registration-token',
  key: tokenKey,
  releases: 'committed',
  async decide(shard, { token, sessionId }) {
    const filter = { token, exceptSession: sessionId };
    const held = isUsable((await readRegistrationTokens(shard.context.database, filter))[0]);
    if (!held) return { result: { held } };
    const write = putRegistrationTokenHold(sessionId, token, interactiveLifetimeMs);
    return { result: { held }, committed: shard.append(0, () => ({ entries: [], writes: [write] })) };
  },
};

/** Keeps one use of a token for an interactive session until it is done or over. False when there is none left. */
export async function holdRegistrationToken(context: Context, token: string, sessionId: string): Promise<boolean> {
  if (!tokenPattern.test(token)) return false;
  const input = { token, sessionId };
  return (await context.shardLog.submit(holdRegistrationTokenCommand, shardOfUser(context, token), input)).held;
}

export const useRegistrationTokenCommand: Command<HoldInput, null> = {
  name: 'use-registration-token',
  key: tokenKey,
  releases: 'committed',
  async decide(shard, { token, sessionId }) {
    // Without a hold the use has been counted already.
    if (!(await readRegistrationTokenHold(shard.context.database, sessionId))) return { result: null };
    const writes = [deleteRegistrationTokenHold(sessionId, token), countRegistrationTokenUse(token)];
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes })) };
  },
};

/** Counts the use that a session holds, when its account has been made. */
export async function useHeldRegistrationToken(context: Context, sessionId: string): Promise<void> {
  const token = await readRegistrationTokenHold(context.database, sessionId);
  if (token === undefined) return;
  await context.shardLog.submit(useRegistrationTokenCommand, shardOfUser(context, token), { token, sessionId });
}

function isUsable(row: RegistrationTokenRow | undefined): boolean {
  if (!row || row.isExpired) return false;
  return row.usesAllowed === null || row.completed + row.pending < row.usesAllowed;
}
