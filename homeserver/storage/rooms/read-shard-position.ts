import type { Context } from '../../platform/context.ts';

/** How far a shard's log is durable: whatever is read afterwards has it all. */
export async function readShardPosition(context: Context, shard: number): Promise<number> {
  const rows = await context.database<{ position: number }[]>`SELECT position FROM shard WHERE id = ${shard}`;
  return rows[0]?.position ?? 0;
}
