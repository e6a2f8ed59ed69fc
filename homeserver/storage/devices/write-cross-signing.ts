import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import type { CrossSigningUsage, StoredCrossSigningKey, StoredKeySignature } from './cross-signing-rows.ts';

const putKeys: BatchStatement = {
  name: 'put-cross-signing-keys',
  table: 'cross_signing_key',
  columns: { user_id: 'text', usage: 'text', public_key: 'text', body: 'text' },
  text: (rows) => `INSERT INTO cross_signing_key (user_id, usage, public_key, body) SELECT * FROM ${rows}
    ON CONFLICT (user_id, usage) DO UPDATE SET public_key = excluded.public_key, body = excluded.body`,
  rowKey: (row) => JSON.stringify(row.slice(0, 2)),
};

export function putCrossSigningKey({ userId, usage, publicKey, body }: StoredCrossSigningKey): Write {
  return { statement: putKeys, row: [userId, usage, publicKey, body] };
}

const deleteKeys: BatchStatement = {
  name: 'delete-cross-signing-keys',
  table: 'cross_signing_key',
  columns: { user_id: 'text', usage: 'text' },
  text: (rows) => `DELETE FROM cross_signing_key t USING ${rows} WHERE t.user_id = row.user_id AND t.usage = row.usage`,
};

export function deleteCrossSigningKey(userId: string, usage: CrossSigningUsage): Write {
  return { statement: deleteKeys, row: [userId, usage] };
}

const putSignatures: BatchStatement = {
  name: 'put-key-signatures',
  table: 'key_signature',
  columns: {
    user_id: 'text',
    key_name: 'text',
    signer_id: 'text',
    signer_key_id: 'text',
    signature: 'text',
    shard: 'smallint',
    position: 'bigint',
  },
  text: (rows) => `INSERT INTO key_signature (user_id, key_name, signer_id, signer_key_id, signature, shard, position)
    SELECT * FROM ${rows} ON CONFLICT (user_id, key_name, signer_id, signer_key_id) DO UPDATE
    SET signature = excluded.signature, shard = excluded.shard, position = excluded.position`,
  rowKey: (row) => JSON.stringify(row.slice(0, 4)),
};

/** `shard` and `position` are of the entry that tells of it. */
export function putKeySignature(key: StoredKeySignature, shard: number, position: number): Write {
  const { userId, keyName, signerId, signerKeyId, signature } = key;
  return { statement: putSignatures, row: [userId, keyName, signerId, signerKeyId, signature, shard, position] };
}

const deleteSignaturesByKeys: BatchStatement = {
  name: 'delete-signatures-by-key',
  table: 'key_signature',
  columns: { signer_id: 'text', public_key: 'text' },
  text: (rows) => `DELETE FROM key_signature t USING ${rows} WHERE t.signer_id = row.signer_id
    AND (t.signer_key_id = 'ed25519:' || row.public_key OR (t.user_id = row.signer_id AND t.key_name = row.public_key))`,
};

/** Signatures that a user made with a cross-signing key that is replaced, and those that the user made on it. */
export function deleteSignaturesWithKey(signerId: string, publicKey: string): Write {
  return { statement: deleteSignaturesByKeys, row: [signerId, publicKey] };
}
