import type { Sql } from '../../platform/database/open-database.ts';

interface AddedSigningKey {
  readonly keyId: string;
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  /** From when on it signs, counted from now. */
  readonly inMs: number;
}

/** Adds a signing key, unless there is one of that id. */
export async function addSigningKey(sql: Sql, { keyId, secretKey, publicKey, inMs }: AddedSigningKey): Promise<void> {
  await sql`INSERT INTO signing_key (key_id, secret_key, public_key, signs_from)
    VALUES (${keyId}, ${Buffer.from(secretKey)}, ${Buffer.from(publicKey)}, clock_timestamp() + ${inMs / 1000} * interval '1 second')
    ON CONFLICT DO NOTHING`;
}
