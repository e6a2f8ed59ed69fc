import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

const putTokens: BatchStatement = {
  name: 'put-registration-tokens',
  table: 'registration_token',
  columns: { token: 'text', uses_allowed: 'integer', expires_ms: 'bigint', created_ms: 'bigint' },
  text: (rows) => `INSERT INTO registration_token (token, uses_allowed, expires_at, created_ms)
    SELECT row.token, row.uses_allowed, to_timestamp(row.expires_ms / 1000.0), row.created_ms FROM ${rows}
    ON CONFLICT (token) DO UPDATE SET uses_allowed = excluded.uses_allowed, expires_at = excluded.expires_at`,
  rowKey: (row) => String(row[0]),
};

/** Makes a token or changes what it allows; its uses so far stay. */
export function putRegistrationToken(token: {
  token: string;
  usesAllowed: number | null;
  expiresMs: number | null;
  createdMs: number;
}): Write {
  return { statement: putTokens, row: [token.token, token.usesAllowed, token.expiresMs, token.createdMs] };
}

const countUses: BatchStatement = {
  name: 'count-registration-token-uses',
  table: 'registration_token',
  columns: { token: 'text' },
  text: (rows) => `UPDATE registration_token SET completed = completed + 1
    FROM ${rows} WHERE registration_token.token = row.token`,
};

/** Commands of one token wait for each other, so a batch counts each token at most once. */
export function countRegistrationTokenUse(token: string): Write {
  return { statement: countUses, row: [token] };
}

const deleteTokens: BatchStatement = {
  name: 'delete-registration-tokens',
  table: 'registration_token',
  columns: { token: 'text' },
  text: (rows) => `DELETE FROM registration_token USING ${rows} WHERE registration_token.token = row.token`,
};

export function deleteRegistrationToken(token: string): Write {
  return { statement: deleteTokens, row: [token] };
}

const putHolds: BatchStatement = {
  name: 'put-registration-token-holds',
  table: 'registration_token_hold',
  columns: { session_id: 'text', token: 'text', lifetime_ms: 'bigint' },
  text: (rows) => `INSERT INTO registration_token_hold (session_id, token, expires_at)
    SELECT row.session_id, row.token, clock_timestamp() + row.lifetime_ms * interval '1 millisecond' FROM ${rows}
    ON CONFLICT (session_id) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at`,
  rowKey: (row) => String(row[0]),
};

export function putRegistrationTokenHold(sessionId: string, token: string, lifetimeMs: number): Write {
  return { statement: putHolds, row: [sessionId, token, lifetimeMs] };
}

const deleteHolds: BatchStatement = {
  name: 'delete-registration-token-holds',
  table: 'registration_token_hold',
  columns: { session_id: 'text', token: 'text' },
  text: (rows) => `DELETE FROM registration_token_hold hold USING ${rows}
    WHERE hold.session_id = row.session_id OR (hold.token = row.token AND hold.expires_at <= clock_timestamp())`,
};

/** Lets go of a session's hold, and of those of the same token that are over. */
export function deleteRegistrationTokenHold(sessionId: string, token: string): Write {
  return { statement: deleteHolds, row: [sessionId, token] };
}
