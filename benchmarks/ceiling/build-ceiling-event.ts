import { cryptoPrimitives } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import type { CeilingEvent } from './write-batches.ts';

const lastEventId = new Map<string, string>();

/** The least that an event is made of: one canonical JSON, one SHA-256, one Ed25519 signature. */
export function buildCeilingEvent(secretKey: Uint8Array, roomId: string, type: string, content: unknown): CeilingEvent {
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
  const eventId = `$${cryptoPrimitives.sha256(bytes).toBase64({ alphabet: 'base64url', omitPadding: true })}`;
  const signature = cryptoPrimitives.sign(bytes, secretKey).toBase64({ omitPadding: true });
  lastEventId.set(roomId, eventId);
  const signed = `${json.slice(0, -1)},"signatures":{"localhost":{"ed25519:1":"${signature}"}}}`;
  return { roomId, eventId, json: signed };
}

function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
