import type { Random } from '@holdfast/effects/random.ts';
import type { SigningKey } from '../platform/context.ts';
import { generateSigningKeyPair } from '../platform/cryptography/crypto-primitives.ts';
import type { Sql } from '../platform/database/open-database.ts';
import { readServerFact } from '../storage/processes/read-server-facts.ts';
import { fixServerFact } from '../storage/processes/write-server-facts.ts';

/** What all processes over one database have in common, made by the first of them. */
export interface ServerFacts {
  readonly serverName: string;
  /** The first that it had; see OwnKeys. */
  readonly firstSigningKey: SigningKey;
  /** Authenticates processes to each other. */
  readonly clusterSecret: string;
}

interface StoredKey {
  readonly keyId: string;
  readonly secretKey: string;
  readonly publicKey: string;
}

/** The server's name, where it has been decided. */
export async function readServerName(sql: Sql): Promise<string | undefined> {
  return readServerFact(sql, 'server_name');
}

/** Reads the facts, and makes those that are missing. Throws when the name is another one than the database has. */
export async function openServerFacts(sql: Sql, random: Random, serverName: string): Promise<ServerFacts> {
  const fixedName = await fixServerFact(sql, 'server_name', serverName);
  if (fixedName !== serverName) {
    throw new Error(`this database belongs to the server ${fixedName}; a server's name can never change`);
  }
  const pair = generateSigningKeyPair();
  const made: StoredKey = {
    keyId: `ed25519:${random.letters(6)}`,
    secretKey: Buffer.from(pair.secretKey).toString('base64'),
    publicKey: Buffer.from(pair.publicKey).toString('base64'),
  };
  const key = JSON.parse(await fixServerFact(sql, 'signing_key', JSON.stringify(made))) as StoredKey;
  return {
    serverName,
    firstSigningKey: {
      keyId: key.keyId,
      secretKey: Buffer.from(key.secretKey, 'base64'),
      publicKey: Buffer.from(key.publicKey, 'base64'),
    },
    clusterSecret: await fixServerFact(sql, 'cluster_secret', random.token(32)),
  };
}
