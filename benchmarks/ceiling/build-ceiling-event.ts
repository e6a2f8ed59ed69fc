import sodium from 'sodium-native';
import type { CeilingEvent } from './write-batches.ts';

export interface CeilingKey {
  readonly secretKey: Buffer;
}

export function makeCeilingKey(): CeilingKey {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_keypair(publicKey, secretKey);
  return { secretKey };
}

const lastEventId = new Map<string, string>();

/** The least that an event is made of: one canonical JSON, one SHA-256, one Ed25519 signature. */
export function buildCeilingEvent(key: CeilingKey, roomId: string, type: string, content: unknown): CeilingEvent {
  const previous = lastEventId.get(roomId) ?? '$first';
  const json = canonicalJson({
    type,
    room_id: roomId,
    sender: '@ceiling:localhost',
    content,
    origin_server_ts: Date.now(),
    depth: 1,
    prev_events: [previous],
    auth_events: ['$create', '$power_levels', '$member'],
  });
  const bytes = Buffer.from(json);
  const hash = Buffer.alloc(sodium.crypto_hash_sha256_BYTES);
  sodium.crypto_hash_sha256(hash, bytes);
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_detached(signature, bytes, key.secretKey);
  const eventId = `$${hash.toString('base64url')}`;
  lastEventId.set(roomId, eventId);
  const signed = `${json.slice(0, -1)},"signatures":{"localhost":{"ed25519:1":"${signature.toString('base64')}"}}}`;
  return { roomId, eventId, json: signed };
}

function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
