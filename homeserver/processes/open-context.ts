import type { Context, PlatformContext, SigningKey } from '../platform/context.ts';
import { generateSigningKeyPair } from '../platform/cryptography/crypto-primitives.ts';
import { ShardLog } from '../platform/shard-log/shard-log.ts';
import { readEventEntries } from '../storage/rooms/read-event-entries.ts';
import { settleServerFact } from '../storage/server-facts/server-facts.ts';
import { commands } from './commands.ts';

/**
 * Makes the context of a process from its platform, with what the homeserver's processes share. The shard log is not
 * started yet.
 */
export async function openContext(platform: PlatformContext, serverName: string): Promise<Context> {
  const { database, random } = platform;
  const signingKey = parseSigningKey(await settleServerFact(database, 'signing-key', newSigningKey(platform)));
  const secret = await settleServerFact(database, 'cluster-secret', random.token(32));
  const context: Mutable<Omit<Context, 'shardLog'>> & { shardLog?: ShardLog } = { ...platform, serverName, signingKey };
  context.shardLog = new ShardLog(context as Context, { commands, readEventEntries, secret });
  return context as Context;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function newSigningKey(platform: PlatformContext): string {
  const { secretKey, publicKey } = generateSigningKeyPair();
  const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return `ed25519:${platform.random.letters(6)} ${encode(secretKey)} ${encode(publicKey)}`;
}

/** `KEY_ID SECRET PUBLIC`, the keys in base64. */
function parseSigningKey(text: string): SigningKey {
  const [keyId = '', secretKey = '', publicKey = ''] = text.split(' ');
  return { keyId, secretKey: Buffer.from(secretKey, 'base64'), publicKey: Buffer.from(publicKey, 'base64') };
}
