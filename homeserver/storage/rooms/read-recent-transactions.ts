import type { Context } from '../../platform/context.ts';

/** Which positions of a shard answered requests of which identity (its hash), oldest first. */
export interface RecentTransactionRows {
  readonly rows: readonly { readonly hash: number; readonly position: number }[];
  /** The shard's position when they were read. */
  readonly upTo: number;
}

/** Transaction hashes of the newest `limit` positions of a shard, or of those after a position. */
export async function readRecentTransactions(
  context: Context,
  shard: number,
  limit: number,
  after = 0,
): Promise<RecentTransactionRows> {
  // As one value: rows by themselves would take several times as long, and a shard's new owner waits for them.
  const found = await context.database<{ packed: Buffer | null; upTo: number }[]>`
    SELECT shard.position AS "upTo", (
      SELECT string_agg(int8send(transaction_hash) || int8send(position), '' ORDER BY position) FROM event
      WHERE event.shard = shard.id AND transaction_hash IS NOT NULL
        AND event.position > greatest(shard.position - ${limit}, ${after})) AS packed
    FROM shard WHERE id = ${shard}`;
  const { packed, upTo = 0 } = found[0] ?? { packed: null };
  const bytes = packed ?? Buffer.alloc(0);
  const rows = Array.from({ length: bytes.length / 16 }, (_, index) => ({
    hash: readPositiveInt8(bytes, index * 16),
    position: readPositiveInt8(bytes, index * 16 + 8),
  }));
  return { rows, upTo };
}

/** PostgreSQL's binary bigint, of a value from 0 to 2^53. */
function readPositiveInt8(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}
