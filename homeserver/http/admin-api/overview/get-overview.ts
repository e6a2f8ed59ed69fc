import { judgeServer } from '../../../administration/overview/judge-server.ts';
import { observeServer } from '../../../administration/overview/observe-server.ts';
import { readHoldfastVersion } from '../../../platform/holdfast-version.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whether everything is all right, what is not and what to do then, and the server's size. Counts above 10,000 are
 * estimates.
 */
export const getOverview = defineEndpoint({
  operation: 'getOverview',
  method: 'GET',
  path: '/_holdfast/v1/admin/overview',
  authentication: 'admin',
  async handle(context) {
    const [{ observation, ...figures }, version] = await Promise.all([observeServer(context), readHoldfastVersion()]);
    const problems = judgeServer(observation);
    const verdict = problems.some(({ severity }) => severity === 'critical')
      ? 'critical'
      : problems.length > 0
        ? 'warning'
        : 'well';
    return {
      ...{ verdict, problems: problems.map((problem) => ({ ...problem })), version },
      ...{ accounts: figures.accounts, rooms: figures.rooms, reports: figures.reports },
      ...{ database_bytes: figures.databaseBytes, disk_free_bytes: observation.disk.freeBytes },
      ...{ shards: observation.shards.length, database_answered_in_ms: observation.database.answeredInMs },
      processes: observation.processes.filter(({ silentMs }) => silentMs <= observation.leaseMs * 2).length,
    };
  },
});
