import { createHash } from 'node:crypto';

const longestUsername = 10;
const hashLength = 5;

/**
 * What stands before the `@` of a Matrix user on IRC, and what the ident server answers: always the same for a user, and
 * another user's is another one, so that a network can ban one and not the bridge. The localpart as far as it is one.
 */
export function chooseUsername(userId: string, ownServerName: string): string {
  const [localpart = '', ...server] = userId.slice(1).split(':');
  const isPlain = /^[a-z][a-z0-9_-]*$/.test(localpart) && localpart.length <= longestUsername;
  if (isPlain && server.join(':') === ownServerName) return localpart;
  const plain = localpart.replace(/[^a-z0-9]/g, '').replace(/^[0-9]+/, '');
  const hash = createHash('sha256').update(userId).digest('hex').slice(0, hashLength);
  return `${plain.slice(0, longestUsername - hashLength) || 'm'}${hash}`;
}
