import type { Sql } from '../../platform/database/open-database.ts';

export interface ServerKeyRow {
  readonly serverName: string;
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly validUntilTs: number | null;
  readonly expiredTs: number | null;
  /** The server gave it itself. */
  readonly isFirstHand: boolean;
}

export interface PublishedKeysRow {
  readonly serverName: string;
  /** JSON, as the server published it. */
  readonly answer: string;
  readonly validUntilTs: number;
  readonly fetchedTs: number;
}

/** All known keys of some servers. */
export async function readServerKeys(sql: Sql, serverNames: readonly string[]): Promise<ServerKeyRow[]> {
  return sql<ServerKeyRow[]>`SELECT server_name AS "serverName", key_id AS "keyId", public_key AS "publicKey",
      valid_until_ts AS "validUntilTs", expired_ts AS "expiredTs",
      is_first_hand AS "isFirstHand"
    FROM remote_server_key WHERE server_name = ANY(${serverNames as string[]}::text[])`;
}

/** What some servers published last. */
export async function readPublishedKeys(sql: Sql, serverNames: readonly string[]): Promise<PublishedKeysRow[]> {
  return sql<PublishedKeysRow[]>`SELECT server_name AS "serverName", answer, valid_until_ts AS "validUntilTs",
      fetched_ts AS "fetchedTs"
    FROM remote_server_keys WHERE server_name = ANY(${serverNames as string[]}::text[])`;
}
