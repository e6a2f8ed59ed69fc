import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';

/**
 * The IPv6 address that a user connects from: always the same one within the prefix, and another user's is another one.
 * So a network can ban one user and not the bridge. Throws for what is no prefix; configuration checks it before.
 */
export function sourceAddress(prefix: string, seed: string): string {
  const [address = '', lengthText = ''] = prefix.split('/');
  const length = Number(lengthText);
  if (!isIPv6(address) || !/^\d{1,3}$/.test(lengthText) || length > 127) throw new Error(`${prefix} is no IPv6 prefix`);
  const hostBits = 128n - BigInt(length);
  const base = (toNumber(address) >> hostBits) << hostBits;
  const hash = BigInt(`0x${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`);
  return toText(base | (hash & ((1n << hostBits) - 1n)));
}

function toNumber(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill('0');
  const groups = [...before, ...zeros, ...after];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function toText(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16));
  return groups.join(':');
}
