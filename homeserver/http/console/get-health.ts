import { readHoldfastVersion } from '../../platform/holdfast-version.ts';
import { readAccountList } from '../../storage/accounts/read-account-list.ts';
import { readDatabaseFacts } from '../../storage/processes/read-database-facts.ts';
import { readProcesses, readShards } from '../../storage/processes/read-processes.ts';
import { defineEndpoint } from '../endpoint.ts';

const noFilter = { name: undefined, userId: undefined, admins: undefined, deactivated: false } as const;

/** How the server is, at a glance, for its administrators. Times are milliseconds. */
export const getHealth = defineEndpoint({
  operation: 'getHealth',
  method: 'GET',
  path: '/_holdfast/v1/admin/health',
  authentication: 'admin',
  async handle({ clock, database }) {
    const startMs = clock.monotonicMs();
    const [facts, version] = await Promise.all([readDatabaseFacts(database), readHoldfastVersion()]);
    const answeredInMs = clock.monotonicMs() - startMs;
    const [processes, shards, { total }] = await Promise.all([
      readProcesses(database),
      readShards(database),
      readAccountList(database, { ...noFilter, offset: 0, limit: 1, orderBy: 'name', descending: false }),
    ]);
    return {
      version,
      account_count: total,
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
