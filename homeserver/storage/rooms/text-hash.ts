import { hash } from 'node:crypto';

/** The first 6 bytes of SHA-256 as an integer: for look-ups that compare the found rows in full. */
export function textHash(text: string): number {
  return hash('sha256', text, 'buffer').readUIntBE(0, 6);
}
