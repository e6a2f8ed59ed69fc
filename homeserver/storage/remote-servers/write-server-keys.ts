import type { Sql } from '../../platform/database/open-database.ts';

export interface SavedServerKeys {
  readonly serverName: string;
  readonly answer: string;
  readonly validUntilTs: number;
  readonly fetchedTs: number;
  /** The server gave it itself; otherwise a notary did. */
  readonly isFirstHand: boolean;
  readonly keys: readonly {
    readonly keyId: string;
    readonly publicKey: Uint8Array;
    readonly validUntilTs: number | null;
    readonly expiredTs: number | null;
  }[];
}

/** A server that makes up new keys all the time fills no more than this. */
const mostKeysPerServer = 500;

/**
 * Remembers what a server has published. Keys that it no longer names stay as they were: old events need them. What a
 * notary says changes nothing that the server has said itself.
 */
export async function saveServerKeys(sql: Sql, saved: SavedServerKeys): Promise<void> {
  const { serverName, answer, validUntilTs, fetchedTs, isFirstHand, keys } = saved;
  await sql`
    WITH answered AS (
      INSERT INTO remote_server_keys (server_name, answer, valid_until_ts, fetched_ts, is_first_hand)
      VALUES (${serverName}, ${answer}, ${validUntilTs}, ${fetchedTs}, ${isFirstHand})
      ON CONFLICT (server_name) DO UPDATE SET answer = excluded.answer, is_first_hand = excluded.is_first_hand,
        valid_until_ts = excluded.valid_until_ts, fetched_ts = excluded.fetched_ts, used_at = clock_timestamp()
      WHERE excluded.is_first_hand OR NOT remote_server_keys.is_first_hand
    )
    INSERT INTO remote_server_key (server_name, key_id, public_key, valid_until_ts, expired_ts, is_first_hand)
    SELECT ${serverName}, key_id, decode(public_key, 'hex'), valid_until_ts, expired_ts, ${isFirstHand}::boolean
    FROM unnest(${keys.map(({ keyId }) => keyId)}::text[],
      ${keys.map(({ publicKey }) => publicKey.toHex())}::text[], ${keys.map((key) => key.validUntilTs)}::bigint[],
      ${keys.map((key) => key.expiredTs)}::bigint[]) AS given (key_id, public_key, valid_until_ts, expired_ts)
    WHERE (SELECT count(*) FROM remote_server_key WHERE server_name = ${serverName}) < ${mostKeysPerServer}
    ON CONFLICT (server_name, key_id) DO UPDATE SET public_key = excluded.public_key,
      valid_until_ts = excluded.valid_until_ts, expired_ts = excluded.expired_ts, is_first_hand = excluded.is_first_hand
    WHERE excluded.is_first_hand OR NOT remote_server_key.is_first_hand`;
}

/** Servers whose keys were looked up. Writes nothing where that is known of the same day. */
export async function noteServerKeysUsed(sql: Sql, serverNames: readonly string[]): Promise<void> {
  await sql`UPDATE remote_server_keys SET used_at = clock_timestamp()
    WHERE server_name = ANY(${serverNames as string[]}::text[]) AND used_at < clock_timestamp() - interval '1 day'`;
}

/**
 * Forgets the keys of servers that have not been used for so many days, and of those used longest ago where there are
 * more than `mostServers`; of `limit` servers at most. Gives of how many.
 */
export async function deleteUnusedServerKeys(
  sql: Sql,
  { unusedDays, mostServers, limit }: { unusedDays: number; mostServers: number; limit: number },
): Promise<number> {
  const rows = await sql<{ serverName: string }[]>`
    WITH gone AS (
      DELETE FROM remote_server_keys WHERE server_name IN (
        SELECT server_name FROM remote_server_keys
        WHERE used_at < clock_timestamp() - make_interval(days => ${unusedDays}) OR used_at <= (
          SELECT used_at FROM remote_server_keys ORDER BY used_at DESC OFFSET ${mostServers} LIMIT 1
        )
        ORDER BY used_at LIMIT ${limit}
      ) RETURNING server_name
    ), keys AS (
      DELETE FROM remote_server_key USING gone WHERE remote_server_key.server_name = gone.server_name
    )
    SELECT server_name AS "serverName" FROM gone`;
  return rows.length;
}
