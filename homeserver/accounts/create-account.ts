import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';
import { insertAccount } from '../storage/accounts/write-accounts.ts';
import { putProfileField } from '../storage/accounts/write-profiles.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountKey } from './account-key.ts';
import {
  type OpenedSession,
  prepareSession,
  type SessionInput,
  type SessionRequest,
  sessionWrites,
} from './new-session.ts';

export interface NewAccount {
  /** Of this server, its localpart checked (see choose-user-id.ts). */
  readonly userId: string;
  /** From hashPassword; null for accounts that no password opens. */
  readonly passwordHash: string | null;
  readonly isAdmin?: boolean;
  readonly displayName?: string | undefined;
  readonly termsVersion?: string | undefined;
  /** Absent: nobody is logged in. */
  readonly login?: SessionRequest | undefined;
}

interface CreateAccountInput {
  readonly userId: string;
  readonly passwordHash: string | null;
  readonly isAdmin: boolean;
  readonly displayName: string | null;
  readonly termsVersion: string | null;
  readonly createdMs: number;
  /** Unique to this request. */
  readonly attempt: string;
  readonly session: SessionInput | null;
}

export const createAccountCommand: Command<CreateAccountInput, null> = {
  name: 'create-account',
  key: accountKey,
  releases: 'committed',
  async decide(shard, input) {
    const existing = await readAccount(shard.context.database, input.userId);
    if (existing?.attempt === input.attempt) return { result: null };
    if (existing) throw new MatrixError('M_USER_IN_USE', 'This user name is already taken');
    const { userId, displayName, session } = input;
    const committed = shard.append(displayName === null ? 0 : 1, () => ({
      entries: displayName === null ? [] : [{ kind: 'profile', body: { userId } }],
      writes: [
        insertAccount(input),
        ...(displayName === null ? [] : [putProfileField(userId, 'displayname', displayName)]),
        ...(session ? sessionWrites(userId, session, false) : []),
      ],
    }));
    return { result: null, committed };
  },
};

/** Makes an account and, where asked for, its first session. Throws M_USER_IN_USE. */
export async function createAccount(context: Context, account: NewAccount): Promise<OpenedSession | undefined> {
  const prepared = account.login && prepareSession(context, account.login);
  await context.shardLog.submit(createAccountCommand, shardOfUser(context, account.userId), {
    userId: account.userId,
    passwordHash: account.passwordHash,
    isAdmin: account.isAdmin ?? false,
    displayName: account.displayName ?? null,
    termsVersion: account.termsVersion ?? null,
    createdMs: context.clock.wallMs(),
    attempt: context.random.uuid(),
    session: prepared?.input ?? null,
  });
  return prepared?.session;
}
