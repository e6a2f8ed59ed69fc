import type { Sql } from '../../platform/database/open-database.ts';

/** What an access token stands for. */
export interface SessionRow {
  readonly userId: string;
  readonly deviceId: string;
  readonly generation: number;
  /** Generation of the oldest token that the device still has: below `generation` until the new one is confirmed. */
  readonly oldestGeneration: number;
  /** How long it stays valid by the database's clock; null: for good. Not above 0 when it is over. */
  readonly remainingMs: number | null;
  readonly isAdmin: boolean;
  readonly isLocked: boolean;
  readonly isSuspended: boolean;
  readonly isDeactivated: boolean;
  /** What an administrator lets the user send; null where the limits of all hold. */
  readonly messageRate: number | null;
  readonly messageBurst: number | null;
}

/** The session of an access token, by the token's SHA-256. */
export async function readSession(sql: Sql, tokenHash: Uint8Array): Promise<SessionRow | undefined> {
  const rows = await sql<SessionRow[]>`
    SELECT token.user_id AS "userId", token.device_id AS "deviceId", token.generation,
      (SELECT min(other.generation) FROM session_token other
        WHERE other.user_id = token.user_id AND other.device_id = token.device_id) AS "oldestGeneration",
      (extract(epoch FROM token.expires_at - clock_timestamp()) * 1000)::double precision AS "remainingMs",
      account.is_admin AS "isAdmin", account.is_locked AS "isLocked", account.is_suspended AS "isSuspended",
      account.is_deactivated AS "isDeactivated", account.message_rate AS "messageRate",
      account.message_burst AS "messageBurst"
    FROM session_token token JOIN account USING (user_id)
    WHERE token.token_hash = ${tokenHash} AND NOT token.is_refresh`;
  return rows[0];
}

/** A refresh token that is still good. */
export interface RefreshTokenRow {
  readonly userId: string;
  readonly deviceId: string;
  readonly generation: number;
}

export async function readRefreshToken(sql: Sql, tokenHash: Uint8Array): Promise<RefreshTokenRow | undefined> {
  const rows = await sql<RefreshTokenRow[]>`
    SELECT user_id AS "userId", device_id AS "deviceId", generation FROM session_token
    WHERE token_hash = ${tokenHash} AND is_refresh AND (expires_at IS NULL OR expires_at > clock_timestamp())`;
  return rows[0];
}
