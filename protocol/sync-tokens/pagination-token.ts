import { decodeSyncToken, maxShards, positionInShard } from './sync-token.ts';
import { parseTokenInteger } from './token-integer.ts';

/**
 * A place in a room's timeline, for /messages, /context, /relations and `prev_batch`.
 *
 * It lies after the event at `position` and before the next one, so it has no direction: reading backwards starts with
 * the event at `position` itself, reading forwards with the first one above it. Positions of history that was
 * backfilled are negative and grow downwards. The shard is the room's.
 * Text: `t1_<shard>_<position>`.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
 */
export interface PaginationPlace {
  readonly shard: number;
  readonly position: number;
}

const prefix = 't1_';
const maxTokenLength = prefix.length + 3 + 1 + 17;

/** A place to an opaque token. A shard or position out of bounds is a fault of the caller: RangeError. */
export function encodePaginationToken(place: PaginationPlace): string {
  if (!isShard(place.shard)) throw new RangeError(`not a shard: ${place.shard}`);
  if (!Number.isSafeInteger(place.position)) throw new RangeError(`not a position of a timeline: ${place.position}`);
  return `${prefix}${place.shard}_${place.position}`;
}

/** The place in a pagination token, or undefined for text that `encodePaginationToken` cannot have made. */
export function decodePaginationToken(text: string): PaginationPlace | undefined {
  if (text.length > maxTokenLength || !text.startsWith(prefix)) return undefined;
  const parts = text.slice(prefix.length).split('_');
  if (parts.length !== 2) return undefined;
  const shard = parseTokenInteger(parts[0] ?? '');
  const position = parseTokenInteger(parts[1] ?? '');
  if (shard === undefined || position === undefined || !isShard(shard)) return undefined;
  return { shard, position };
}

/**
 * The position in a room's timeline that a client's `from`, `to` or `at` means. These parameters take pagination tokens
 * and also the tokens of /sync. Undefined for foreign text and for a pagination token of another shard, which cannot
 * belong to this room.
 */
export function decodeTimelinePosition(text: string, shard: number): number | undefined {
  const place = decodePaginationToken(text);
  if (place !== undefined) return place.shard === shard ? place.position : undefined;
  const positions = decodeSyncToken(text);
  return positions === undefined ? undefined : positionInShard(positions, shard);
}

function isShard(shard: number): boolean {
  return Number.isInteger(shard) && shard >= 0 && shard < maxShards;
}
