import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { BriefTokenPurpose } from './brief-token-purpose.ts';

const insertTokens: BatchStatement = {
  name: 'insert-brief-tokens',
  table: 'brief_token',
  columns: { token_hash: 'bytea', purpose: 'text', user_id: 'text', lifetime_ms: 'bigint' },
  text: (rows) => `INSERT INTO brief_token (token_hash, purpose, user_id, expires_at)
    SELECT row.token_hash, row.purpose, row.user_id, clock_timestamp() + row.lifetime_ms * interval '1 millisecond'
    FROM ${rows} ON CONFLICT DO NOTHING`,
};

export function insertBriefToken(token: {
  tokenHash: Uint8Array;
  purpose: BriefTokenPurpose;
  userId: string;
  lifetimeMs: number;
}): Write {
  return { statement: insertTokens, row: [token.tokenHash, token.purpose, token.userId, token.lifetimeMs] };
}

const deleteTokens: BatchStatement = {
  name: 'delete-brief-tokens',
  table: 'brief_token',
  columns: { token_hash: 'bytea' },
  text: (rows) => `DELETE FROM brief_token USING ${rows} WHERE brief_token.token_hash = row.token_hash`,
};

export function deleteBriefToken(tokenHash: Uint8Array): Write {
  return { statement: deleteTokens, row: [tokenHash] };
}

const deleteExpired: BatchStatement = {
  name: 'delete-expired-brief-tokens',
  table: 'brief_token',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM brief_token USING ${rows}
    WHERE brief_token.user_id = row.user_id AND brief_token.expires_at <= clock_timestamp()`,
};

/** Removes what is over of a user, so that the table holds only what somebody may still use. */
export function deleteExpiredBriefTokens(userId: string): Write {
  return { statement: deleteExpired, row: [userId] };
}

const deleteOfUser: BatchStatement = {
  name: 'delete-brief-tokens-of-user',
  table: 'brief_token',
  columns: { user_id: 'text' },
  text: (rows) => `DELETE FROM brief_token USING ${rows} WHERE brief_token.user_id = row.user_id`,
};

export function deleteBriefTokensOfUser(userId: string): Write {
  return { statement: deleteOfUser, row: [userId] };
}
