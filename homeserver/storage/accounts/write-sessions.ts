import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';

export interface SessionTokenRow {
  readonly tokenHash: Uint8Array;
  readonly userId: string;
  readonly deviceId: string;
  readonly isRefresh: boolean;
  readonly generation: number;
  /** From now on; null: for good. */
  readonly lifetimeMs: number | null;
}

const insertTokens: BatchStatement = {
  name: 'insert-session-tokens',
  table: 'session_token',
  columns: {
    token_hash: 'bytea',
    user_id: 'text',
    device_id: 'text',
    is_refresh: 'boolean',
    generation: 'integer',
    lifetime_ms: 'bigint',
  },
  text: (rows) => `INSERT INTO session_token (token_hash, user_id, device_id, is_refresh, generation, expires_at)
    SELECT row.token_hash, row.user_id, row.device_id, row.is_refresh, row.generation,
      clock_timestamp() + row.lifetime_ms * interval '1 millisecond'
    FROM ${rows} ON CONFLICT DO NOTHING`,
};

export function insertSessionToken(token: SessionTokenRow): Write {
  const { tokenHash, userId, deviceId, isRefresh, generation, lifetimeMs } = token;
  return { statement: insertTokens, row: [tokenHash, userId, deviceId, isRefresh, generation, lifetimeMs] };
}

const deleteGenerations: BatchStatement = {
  name: 'delete-session-generations',
  table: 'session_token',
  columns: { user_id: 'text', device_id: 'text', keep_from: 'integer', keep_to: 'integer' },
  text: (rows) => `DELETE FROM session_token USING ${rows}
    WHERE session_token.user_id = row.user_id AND session_token.device_id = row.device_id
      AND NOT session_token.generation BETWEEN row.keep_from AND row.keep_to`,
  // Commands of one account wait for each other's commit, so a batch never holds two changes of one device.
  commutesWith: [insertTokens],
};

/** Ends a device's tokens whose generation is outside of the range; without a range all of them. */
export function deleteSessionTokens(userId: string, deviceId: string, keepFrom = 1, keepTo = 0): Write {
  return { statement: deleteGenerations, row: [userId, deviceId, keepFrom, keepTo] };
}
