import type { Sql } from '../../platform/database/open-database.ts';

export const crossSigningUsages = ['master', 'self_signing', 'user_signing'] as const;
export type CrossSigningUsage = (typeof crossSigningUsages)[number];

export interface StoredCrossSigningKey {
  readonly userId: string;
  readonly usage: CrossSigningUsage;
  /** Unpadded base64. */
  readonly publicKey: string;
  /** JSON text as uploaded. */
  readonly body: string;
}

export async function readCrossSigningKeys(sql: Sql, userIds: readonly string[]): Promise<StoredCrossSigningKey[]> {
  return await sql<StoredCrossSigningKey[]>`
    SELECT user_id AS "userId", usage, public_key AS "publicKey", body FROM cross_signing_key
    WHERE user_id = ANY(${userIds as string[]}::text[])`;
}

export interface StoredKeySignature {
  /** Whose key is signed: a device id, or the public key of a cross-signing key. */
  readonly userId: string;
  readonly keyName: string;
  readonly signerId: string;
  readonly signerKeyId: string;
  readonly signature: string;
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
