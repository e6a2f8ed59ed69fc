import { hash } from 'node:crypto';

/** The first 6 bytes of SHA-256 as an integer: for look-ups that compare the found rows in full. */
export function textHash(text: string): number {
  return hash('sha256', text, 'buffer').readUIntBE(0, 6);
}

const hashedEventId = /^\$[A-Za-z0-9_-]{43}$/;

/**
 * As textHash, of an event id. Those that are hashes themselves (room version 4 and later) give 6 bytes of what they
 * are, without hashing again.
 */
export function eventIdHash(eventId: string): number {
  return hashedEventId.test(eventId)
    ? Buffer.from(eventId.slice(1, 9), 'base64url').readUIntBE(0, 6)
    : textHash(eventId);
}
