import { createHash, hash } from 'node:crypto';
import type { Random } from '@holdfast/effects/random.ts';

/**
 * Tokens are `hfa_` (access) or `hfr_` (refresh), 32 random bytes as base64url, and six characters of a checksum: a
 * scanner of leaked secrets recognises them, and a mistyped one is refused without asking the database.
 */
export type TokenKind = 'access' | 'refresh' | 'login' | 'openid';

const prefixes: Record<TokenKind, string> = { access: 'hfa_', refresh: 'hfr_', login: 'hfl_', openid: 'hfo_' };
const randomBytes = 32;
const checksumLength = 6;

export function makeToken(random: Random, kind: TokenKind): string {
  const body = prefixes[kind] + random.token(randomBytes);
  return body + checksum(body);
}

/** Whether this server may have made the text as a token of the kind. */
export function isWellFormedToken(text: string, kind: TokenKind): boolean {
  if (!text.startsWith(prefixes[kind]) || text.length !== 4 + 43 + checksumLength) return false;
  return text.endsWith(checksum(text.slice(0, -checksumLength)));
}

/** What is stored and compared: SHA-256, without salt, since the token itself is random. */
export function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

function checksum(body: string): string {
  return hash('sha256', `holdfast token ${body}`, 'base64url').slice(0, checksumLength);
}
