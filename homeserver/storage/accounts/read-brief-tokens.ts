import type { Sql } from '../../platform/database/open-database.ts';
import type { BriefTokenPurpose } from './brief-token-purpose.ts';

/** Whose token it is, while it is valid for the purpose. */
export async function readBriefToken(
  sql: Sql,
  purpose: BriefTokenPurpose,
  tokenHash: Uint8Array,
): Promise<string | undefined> {
  const rows = await sql<{ userId: string }[]>`
    SELECT user_id AS "userId" FROM brief_token
    WHERE token_hash = ${tokenHash} AND purpose = ${purpose} AND expires_at > clock_timestamp()`;
  return rows[0]?.userId;
}

/** How many valid ones a user has. */
export async function countBriefTokens(sql: Sql, purpose: BriefTokenPurpose, userId: string): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM brief_token
    WHERE user_id = ${userId} AND purpose = ${purpose} AND expires_at > clock_timestamp()`;
  return rows[0]?.count ?? 0;
}
