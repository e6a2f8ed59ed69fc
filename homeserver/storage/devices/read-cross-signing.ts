import type { Sql } from '../../platform/database/open-database.ts';
import type { StoredCrossSigningKey, StoredKeySignature } from './cross-signing-rows.ts';

export async function readCrossSigningKeys(sql: Sql, userIds: readonly string[]): Promise<StoredCrossSigningKey[]> {
  return await sql<StoredCrossSigningKey[]>`
    SELECT user_id AS "userId", usage, public_key AS "publicKey", body FROM cross_signing_key
    WHERE user_id = ANY(${userIds as string[]}::text[])`;
}

/** Signatures on these users' keys that `readerId` may see: their owners' own, and the reader's. */
export async function readKeySignatures(
  sql: Sql,
  userIds: readonly string[],
  readerId: string,
): Promise<StoredKeySignature[]> {
  return await sql<StoredKeySignature[]>`
    SELECT user_id AS "userId", key_name AS "keyName", signer_id AS "signerId", signer_key_id AS "signerKeyId",
      signature
    FROM key_signature
    WHERE user_id = ANY(${userIds as string[]}::text[]) AND (signer_id = user_id OR signer_id = ${readerId})`;
}
