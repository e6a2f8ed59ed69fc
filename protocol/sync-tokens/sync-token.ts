import { parseTokenInteger } from './token-integer.ts';

/**
 * The token of /sync (`next_batch`, `since`): up to which position of each shard's log a client has read.
 *
 * Text: `s1_` and the positions in order of the shard's id, in decimal, joined by `_`; so one shard gives `s1_4711`.
 * The digit after `s` is the version of this form. Decimal, because people read tokens in logs.
 * Every list of positions has exactly one text, and every accepted text encodes back to itself.
 * https://spec.matrix.org/v1.19/client-server-api/#syncing
 */
const prefix = 's1_';

/** Bounds the length of a token: 256 positions of at most 16 digits with their separators. */
export const maxShards = 256;
const maxTokenLength = prefix.length + maxShards * 17;

/**
 * Positions of all shards, index = shard id, to an opaque token.
 * A list that is empty, too long, or holds anything but integers of 0 to 2^53-1 is a fault of the caller: RangeError.
 */
export function encodeSyncToken(positions: readonly number[]): string {
  if (positions.length === 0 || positions.length > maxShards) {
    throw new RangeError(`a sync token has 1 to ${maxShards} positions, not ${positions.length}`);
  }
  for (const position of positions) {
    if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`not a position of a log: ${position}`);
  }
  return prefix + positions.join('_');
}

/**
 * The positions in a sync token, or undefined for text that `encodeSyncToken` cannot have made.
 * A token from before shards were added is shorter than the number of shards: read it with `positionInShard`.
 */
export function decodeSyncToken(text: string): number[] | undefined {
  if (text.length > maxTokenLength || !text.startsWith(prefix)) return undefined;
  const parts = text.slice(prefix.length).split('_');
  if (parts.length > maxShards) return undefined;
  const positions: number[] = [];
  for (const part of parts) {
    const position = parseTokenInteger(part);
    if (position === undefined || position < 0) return undefined;
    positions.push(position);
  }
  return positions;
}

/** The position in one shard's log; a shard that the token does not know was added later and counts as unread: 0. */
export function positionInShard(positions: readonly number[], shard: number): number {
  return positions[shard] ?? 0;
}
