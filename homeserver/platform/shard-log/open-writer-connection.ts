import { openDatabase, type Sql } from '../database/open-database.ts';
import type { PlatformContext } from '../platform-context.ts';

const leastPatienceMs = 2_000;
const mostPatienceMs = 5_000;
const silenceSlackMs = 500;

/**
 * How long one statement of a shard's writer may take, in milliseconds: about as long as a lease, so that a connection
 * that has gone silent costs no more than a process that has.
 */
export function writerPatienceMs({ config }: PlatformContext): number {
  return Math.min(mostPatienceMs, Math.max(leastPatienceMs, config.process.leaseMs));
}

/** The one connection over which a shard is written. */
export function openWriterConnection(context: PlatformContext, shard: number): Sql {
  const statementTimeoutMs = writerPatienceMs(context);
  return openDatabase({
    url: context.databaseUrl,
    poolSize: 1,
    applicationName: `holdfast shard ${shard}`,
    statementTimeoutMs,
    silenceMs: statementTimeoutMs + silenceSlackMs,
  });
}
