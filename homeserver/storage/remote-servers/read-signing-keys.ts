import type { Sql } from '../../platform/database/open-database.ts';

export interface SigningKeyRow {
  readonly keyId: string;
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly signsFromTs: number;
  /** Whether that has come, by the database's clock. */
  readonly isDue: boolean;
}

/** Our own signing keys, the oldest first. */
export async function readSigningKeys(sql: Sql): Promise<SigningKeyRow[]> {
  return sql<SigningKeyRow[]>`SELECT key_id AS "keyId", secret_key AS "secretKey", public_key AS "publicKey",
      (extract(epoch FROM signs_from) * 1000)::bigint AS "signsFromTs", signs_from <= clock_timestamp() AS "isDue"
    FROM signing_key ORDER BY signs_from, key_id`;
}
