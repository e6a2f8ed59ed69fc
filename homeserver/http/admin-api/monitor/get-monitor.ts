import { describeMonitor } from '../../../administration/monitor/describe-monitor.ts';
import { defineEndpoint } from '../../endpoint.ts';

/**
 * What the monitor says: incidents with who was told and who has taken them, silences, who is on duty and when, and the
 * timeline, the newest first. `monitor` is null where none has ever run.
 */
export const getMonitor = defineEndpoint({
  operation: 'getMonitor',
  method: 'GET',
  path: '/_holdfast/v1/admin/monitor',
  authentication: 'admin',
  handle: async (context) => ({ monitor: (await describeMonitor(context)) ?? null }),
});
