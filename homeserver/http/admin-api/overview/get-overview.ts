import { describeMonitor } from '../../../administration/monitor/describe-monitor.ts';
import { judgeIncidents } from '../../../administration/overview/judge-incidents.ts';
import { judgeServer } from '../../../administration/overview/judge-server.ts';
import { observeServer } from '../../../administration/overview/observe-server.ts';
import { readHoldfastVersion } from '../../../platform/holdfast-version.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * Whether everything is all right, what is not and what to do then, by what the process sees and what the monitor has
 * open, and the server's size. Counts above 10,000 are
 * estimates.
 */
export const getOverview = defineEndpoint({
  operation: 'getOverview',
  method: 'GET',
  path: '/_holdfast/v1/admin/overview',
  authentication: 'admin',
  async handle(context) {
    const [{ observation, ...figures }, version, monitor] = await Promise.all([
      observeServer(context),
      readHoldfastVersion(),
      describeMonitor(context),
    ]);
    const problems = [...judgeIncidents(monitor), ...judgeServer(observation)];
    problems.sort((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
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
