import { createHmac } from 'node:crypto';
import type { Random } from '@holdfast/effects/random.ts';
import { isSameText } from '../../same-text.ts';

const randomBytes = 16;

/**
 * A nonce that every process with the secret recognises as made here, so nothing has to be kept. That it can be used
 * again does no harm: the second time its user name is taken.
 */
export function makeRegistrationNonce(random: Random, secret: string): string {
  const body = random.token(randomBytes);
  return `${body}.${sign(secret, body)}`;
}

export function isRegistrationNonce(nonce: string, secret: string): boolean {
  const [body = '', signature = ''] = nonce.split('.');
  return isSameText(signature, sign(secret, body));
}

function sign(secret: string, body: string): string {
  return createHmac('sha256', secret).update(`registration nonce ${body}`).digest('base64url');
}
