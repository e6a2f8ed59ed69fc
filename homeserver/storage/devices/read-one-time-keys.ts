import type { Sql } from '../../platform/database/open-database.ts';
import type { KeyPlace } from './write-one-time-keys.ts';

export interface StoredOneTimeKey {
  readonly algorithm: string;
  readonly keyId: string;
  /** Canonical JSON. */
  readonly body: string;
  readonly isClaimed: boolean;
}

/** Those of a device's one-time keys, claimed ones too, that have these algorithms and ids. */
export async function readOneTimeKeys(
  sql: Sql,
  userId: string,
  deviceId: string,
  keys: readonly { readonly algorithm: string; readonly keyId: string }[],
): Promise<StoredOneTimeKey[]> {
  if (keys.length === 0) return [];
  return await sql<StoredOneTimeKey[]>`
    SELECT k.algorithm, k.key_id AS "keyId", k.body, k.is_claimed AS "isClaimed"
    FROM unnest(${keys.map((key) => key.algorithm)}::text[], ${keys.map((key) => key.keyId)}::text[])
      AS wanted (algorithm, key_id)
    JOIN one_time_key k ON k.user_id = ${userId} AND k.device_id = ${deviceId}
      AND k.algorithm = wanted.algorithm AND k.key_id = wanted.key_id`;
}

/** How many one-time keys a device has to give, by algorithm. */
export async function countOneTimeKeys(sql: Sql, userId: string, deviceId: string): Promise<Record<string, number>> {
  const rows = await sql<{ algorithm: string; count: number }[]>`
    SELECT algorithm, count(*)::int AS count FROM one_time_key
    WHERE user_id = ${userId} AND device_id = ${deviceId} AND NOT is_claimed GROUP BY algorithm`;
  return Object.fromEntries(rows.map((row) => [row.algorithm, row.count]));
}

/** How many keys a device has left: one-time keys by algorithm, and the algorithms of fallback keys not given out. */
export async function readKeyCounts(
  sql: Sql,
  userId: string,
  deviceId: string,
): Promise<{ oneTimeKeys: Record<string, number>; unusedFallbackTypes: string[] }> {
  const rows = await sql<{ algorithm: string; count: number | null }[]>`
    SELECT algorithm, count(*)::int AS count FROM one_time_key
    WHERE user_id = ${userId} AND device_id = ${deviceId} AND NOT is_claimed GROUP BY algorithm
    UNION ALL
    SELECT algorithm, NULL FROM fallback_key
    WHERE user_id = ${userId} AND device_id = ${deviceId} AND NOT is_used ORDER BY algorithm`;
  const counted = rows.filter((row) => row.count !== null);
  return {
    oneTimeKeys: Object.fromEntries(counted.map((row) => [row.algorithm, row.count as number])),
    unusedFallbackTypes: rows.filter((row) => row.count === null).map((row) => row.algorithm),
  };
}

/** The number of the newest of a device's uploads that is known of; 0: none. */
export async function readLastUpload(sql: Sql, userId: string, deviceId: string): Promise<number> {
  const rows = await sql<{ upload: number | null }[]>`
    SELECT max(upload) AS upload FROM one_time_key WHERE user_id = ${userId} AND device_id = ${deviceId}`;
  return rows[0]?.upload ?? 0;
}

/** A kind of key that somebody wants of a device. */
export type WantedKey = Omit<KeyPlace, 'keyId'>;

export interface ClaimableKey extends KeyPlace {
  readonly body: string;
}

/** The first keys to claim for each wish, in the order in which they are given out; at most `most` for each. */
export async function readClaimableKeys(sql: Sql, wanted: readonly WantedKey[], most: number): Promise<ClaimableKey[]> {
  return await sql.unsafe<ClaimableKey[]>(
    `SELECT wanted.user_id AS "userId", wanted.device_id AS "deviceId", wanted.algorithm, k.key_id AS "keyId", k.body
     FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (user_id, device_id, algorithm, place)
     CROSS JOIN LATERAL (
       SELECT key_id, body, upload FROM one_time_key
       WHERE user_id = wanted.user_id AND device_id = wanted.device_id AND algorithm = wanted.algorithm
         AND NOT is_claimed
       ORDER BY upload, key_id LIMIT $4
     ) k ORDER BY wanted.place, k.upload, k.key_id`,
    [...columnsOf(wanted), most],
    { prepare: true },
  );
}

/** The fallback keys for each wish, and whether they have been given out before. */
export async function readFallbackKeys(
  sql: Sql,
  wanted: readonly WantedKey[],
): Promise<(ClaimableKey & { readonly isUsed: boolean })[]> {
  return await sql.unsafe<(ClaimableKey & { readonly isUsed: boolean })[]>(
    `SELECT k.user_id AS "userId", k.device_id AS "deviceId", k.algorithm, k.key_id AS "keyId", k.body,
       k.is_used AS "isUsed"
     FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (user_id, device_id, algorithm)
     JOIN fallback_key k USING (user_id, device_id, algorithm)`,
    columnsOf(wanted),
    { prepare: true },
  );
}

function columnsOf(wanted: readonly WantedKey[]): string[][] {
  return [wanted.map((key) => key.userId), wanted.map((key) => key.deviceId), wanted.map((key) => key.algorithm)];
}
