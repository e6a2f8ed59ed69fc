import { readHoldfastVersion } from '../../platform/holdfast-version.ts';
import { readRowCount } from '../../storage/administration/read-row-counts.ts';
import { readDatabaseFacts } from '../../storage/processes/read-database-facts.ts';
import { readProcesses, readShards } from '../../storage/processes/read-processes.ts';
import { defineEndpoint } from '../endpoint.ts';

/**
 * How the server is, at a glance, for its administrators. Times are milliseconds; above 10,000 accounts their number
 * is an estimate.
 */
export const getHealth = defineEndpoint({
  operation: 'getHealth',
  method: 'GET',
  path: '/_holdfast/v1/admin/health',
  authentication: 'admin',
  async handle({ clock, database }) {
    const startMs = clock.monotonicMs();
    const [facts, version] = await Promise.all([readDatabaseFacts(database), readHoldfastVersion()]);
    const answeredInMs = clock.monotonicMs() - startMs;
    const [processes, shards, accountCount] = await Promise.all([
      readProcesses(database),
      readShards(database),
      readRowCount(database, 'account'),
    ]);
    return {
      version,
      account_count: accountCount,
      database: { version: facts.version, size_bytes: facts.sizeBytes, answered_in_ms: Math.ceil(answeredInMs) },
      shards: { count: shards.length, without_owner: shards.filter(({ isHeld }) => !isHeld).length },
      processes: processes.map(({ id, address, startedAt, silentSeconds }) => ({
        ...{
          id,
          address,
          started_ts: startedAt.getTime(),
          silent_for_ms: Math.max(0, Math.round(silentSeconds * 1000)),
        },
        shard_count: shards.filter((shard) => shard.owner === id && shard.isHeld).length,
      })),
    };
  },
});
