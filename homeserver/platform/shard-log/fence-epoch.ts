import { openDatabase } from '../database/open-database.ts';
import type { PlatformContext } from '../platform-context.ts';

/**
 * Raises the epoch of a shard that is held with `epoch`, so that nothing sent under it can arrive any more, and returns
 * the shard's position, which tells what has arrived. 'lost': somebody else holds the shard. On a connection of its own.
 */
export async function fenceEpoch(
  context: PlatformContext,
  shard: { readonly id: number; readonly epoch: number },
  timeoutMs: number,
): Promise<number | 'lost' | 'unreachable'> {
  const sql = openDatabase({
    url: context.databaseUrl,
    poolSize: 1,
    applicationName: `holdfast shard ${shard.id} outcome`,
    statementTimeoutMs: timeoutMs,
  });
  try {
    const rows = await sql<{ position: number }[]>`
      UPDATE shard SET epoch = epoch + 1 WHERE id = ${shard.id} AND epoch = ${shard.epoch} RETURNING position`;
    return rows[0]?.position ?? 'lost';
  } catch {
    return 'unreachable';
  } finally {
    await sql.end({ timeout: 0 }).catch(() => {});
  }
}
