import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { RateOverride } from './rate-override.ts';

export interface NewAccountRow {
  readonly userId: string;
  readonly passwordHash: string | null;
  readonly createdMs: number;
  readonly attempt: string;
  readonly isAdmin: boolean;
  readonly termsVersion: string | null;
}

const insertAccounts: BatchStatement = {
  name: 'insert-accounts',
  table: 'account',
  columns: {
    user_id: 'text',
    password_hash: 'text',
    created_ms: 'bigint',
    attempt: 'text',
    is_admin: 'boolean',
    terms_version: 'text',
  },
  text: (rows) => `INSERT INTO account (user_id, password_hash, created_ms, attempt, is_admin, terms_version)
    SELECT * FROM ${rows} ON CONFLICT DO NOTHING`,
};

export function insertAccount(row: NewAccountRow): Write {
  const { userId, passwordHash, createdMs, attempt, isAdmin, termsVersion } = row;
  return { statement: insertAccounts, row: [userId, passwordHash, createdMs, attempt, isAdmin, termsVersion] };
}

const updatePasswords: BatchStatement = {
  name: 'update-passwords',
  table: 'account',
  columns: { user_id: 'text', password_hash: 'text' },
  text: (rows) => `UPDATE account SET password_hash = row.password_hash
    FROM ${rows} WHERE account.user_id = row.user_id`,
  rowKey: (row) => String(row[0]),
};

/** Null takes the password away. */
export function updatePassword(userId: string, passwordHash: string | null): Write {
  return { statement: updatePasswords, row: [userId, passwordHash] };
}

const updateRateOverrides: BatchStatement = {
  name: 'update-rate-overrides',
  table: 'account',
  columns: { user_id: 'text', message_rate: 'integer', message_burst: 'integer' },
  text: (rows) => `UPDATE account SET message_rate = row.message_rate, message_burst = row.message_burst
    FROM ${rows} WHERE account.user_id = row.user_id`,
};

/** Undefined takes it away. */
export function updateRateOverride(userId: string, override: RateOverride | undefined): Write {
  return { statement: updateRateOverrides, row: [userId, override?.perSecond ?? null, override?.burst ?? null] };
}

export interface AccountFlags {
  readonly isAdmin?: boolean;
  readonly isLocked?: boolean;
  readonly isSuspended?: boolean;
  readonly isDeactivated?: boolean;
  readonly isErased?: boolean;
}

const updateFlags: BatchStatement = {
  name: 'update-account-flags',
  table: 'account',
  columns: {
    user_id: 'text',
    is_admin: 'boolean',
    is_locked: 'boolean',
    is_suspended: 'boolean',
    is_deactivated: 'boolean',
    is_erased: 'boolean',
  },
  text: (rows) => `UPDATE account SET
      is_admin = coalesce(row.is_admin, account.is_admin),
      is_locked = coalesce(row.is_locked, account.is_locked),
      is_suspended = coalesce(row.is_suspended, account.is_suspended),
      is_deactivated = coalesce(row.is_deactivated, account.is_deactivated),
      is_erased = coalesce(row.is_erased, account.is_erased)
    FROM ${rows} WHERE account.user_id = row.user_id`,
};

/** Sets the flags that are given. One user's changes never share a batch: commands of an account wait for each other. */
export function updateAccountFlags(userId: string, flags: AccountFlags): Write {
  const { isAdmin, isLocked, isSuspended, isDeactivated, isErased } = flags;
  return { statement: updateFlags, row: [userId, isAdmin, isLocked, isSuspended, isDeactivated, isErased] };
}
