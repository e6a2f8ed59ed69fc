import type { Sql } from 'postgres';
import { type Summary, summarize } from './summary.ts';

const warmUpCommits = 50;

/**
 * What one durable commit costs on this PostgreSQL (milliseconds): one small row inserted and flushed, one after
 * the other over one connection, the round trip included. The yardstick for latencies of the same run.
 */
export async function measureDurableCommit(sql: Sql, commits: number): Promise<Summary> {
  const [settings] = await sql`
    SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous`;
  if (settings?.fsync !== 'on' || settings?.synchronous === 'off') {
    throw new Error('PostgreSQL does not flush its commits (fsync or synchronous_commit is off)');
  }
  await sql`CREATE TABLE IF NOT EXISTS bench_durable_commit (number bigint)`;
  const durationsMs: number[] = [];
  try {
    for (let commit = -warmUpCommits; commit < commits; commit += 1) {
      const startedMs = performance.now();
      await sql`INSERT INTO bench_durable_commit VALUES (${commit})`;
      if (commit >= 0) durationsMs.push(performance.now() - startedMs);
    }
  } finally {
    await sql`DROP TABLE bench_durable_commit`;
  }
  return summarize(durationsMs);
}
