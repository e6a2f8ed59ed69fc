import type { Sql } from '../../platform/database/open-database.ts';

export interface RegistrationTokenRow {
  readonly token: string;
  readonly usesAllowed: number | null;
  readonly completed: number;
  /** Registrations with it that have begun and are not done. */
  readonly pending: number;
  /** Milliseconds since 1970 by the database's clock; null: never. */
  readonly expiresMs: number | null;
  readonly isExpired: boolean;
  readonly createdMs: number;
}

/** One token, or all of them by age. `exceptSession`: whose hold does not count as pending. */
export async function readRegistrationTokens(
  sql: Sql,
  filter: { token?: string; exceptSession?: string } = {},
): Promise<RegistrationTokenRow[]> {
  const { token = null, exceptSession = '' } = filter;
  return await sql<RegistrationTokenRow[]>`
    SELECT token, uses_allowed AS "usesAllowed", completed, created_ms AS "createdMs",
      (SELECT count(*)::int FROM registration_token_hold hold
        WHERE hold.token = registration_token.token AND hold.session_id <> ${exceptSession}
          AND hold.expires_at > clock_timestamp()) AS pending,
      (extract(epoch FROM expires_at) * 1000)::bigint AS "expiresMs",
      coalesce(expires_at <= clock_timestamp(), false) AS "isExpired"
    FROM registration_token WHERE ${token}::text IS NULL OR token = ${token} ORDER BY created_ms, token`;
}

/** Which token a session holds a use of. */
export async function readRegistrationTokenHold(sql: Sql, sessionId: string): Promise<string | undefined> {
  const rows = await sql<{ token: string }[]>`
    SELECT token FROM registration_token_hold WHERE session_id = ${sessionId}`;
  return rows[0]?.token;
}
