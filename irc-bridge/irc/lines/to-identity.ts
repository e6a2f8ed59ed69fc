import { createHash } from 'node:crypto';

const longestIdentity = 200;

/** The network's name of a message, as it is kept: a server may make it of any length, and a database has bounds. */
export function toIdentity(msgid: string): string {
  if (msgid.length <= longestIdentity) return msgid;
  return `long-${createHash('sha256').update(msgid).digest('base64url')}`;
}
