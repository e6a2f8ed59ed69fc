import type { Context } from '../../platform/context.ts';
import { parsePositions, snapshotPositions } from './shard-positions.ts';

/** How far the logs of all shards go, by shard. */
export async function readShardPositions(context: Context): Promise<number[]> {
  const rows = await context.database.unsafe<{ positions: string }[]>(`SELECT ${snapshotPositions} AS positions`, [], {
    prepare: true,
  });
  return parsePositions(rows[0]?.positions ?? '');
}
